"""Which Debian packages Python packages need, as data.

Names are those of bookworm; trixie provides each of them too. What a compiled package links to at run time
is no data: the build finds it out.
"""

from __future__ import annotations

from shipyard.model.record import Record

C = ("gcc", "libc6-dev")
CXX = ("g++", "libc6-dev")


class Compiled(Record):
    """What it takes to build a package from its source. `always`: there are no wheels of it for Linux."""

    packages: tuple[str, ...]
    always: bool = True


class Loaded(Record):
    """What a package opens or starts when it is used. It does without where one of `without` is installed,
    which is a package or an extra of its own."""

    packages: tuple[str, ...]
    without: tuple[str, ...] = ()


COMPILED = {
    "cffi": Compiled(packages=(*C, "libffi-dev"), always=False),
    "dbus-python": Compiled(packages=(*C, "libdbus-1-dev", "libglib2.0-dev", "pkg-config")),
    "gdal": Compiled(packages=(*CXX, "libgdal-dev")),
    "gssapi": Compiled(packages=(*C, "libkrb5-dev")),
    "lxml": Compiled(packages=(*C, "libxml2-dev", "libxslt1-dev"), always=False),
    "m2crypto": Compiled(packages=(*C, "libssl-dev", "swig")),
    "mysqlclient": Compiled(packages=(*C, "default-libmysqlclient-dev", "pkg-config")),
    "netifaces": Compiled(packages=C),
    "pillow": Compiled(packages=(*C, "libjpeg-dev", "zlib1g-dev"), always=False),
    "psycopg-c": Compiled(packages=(*C, "libpq-dev")),
    "psycopg2": Compiled(packages=(*C, "libpq-dev")),
    "pyaudio": Compiled(packages=(*C, "portaudio19-dev")),
    "pycairo": Compiled(packages=(*C, "libcairo2-dev", "pkg-config")),
    "pycurl": Compiled(packages=(*C, "libcurl4-openssl-dev", "libssl-dev"), always=False),
    "pygraphviz": Compiled(packages=(*C, "libgraphviz-dev", "pkg-config"), always=False),
    "pyicu": Compiled(packages=(*CXX, "libicu-dev", "pkg-config")),
    "pylibmc": Compiled(packages=(*C, "libmemcached-dev", "zlib1g-dev")),
    "pymssql": Compiled(packages=(*C, "freetds-dev"), always=False),
    "pyodbc": Compiled(packages=(*CXX, "unixodbc-dev"), always=False),
    "python-ldap": Compiled(packages=(*C, "libldap-dev", "libsasl2-dev")),
    "systemd-python": Compiled(packages=(*C, "libsystemd-dev", "pkg-config")),
    "uwsgi": Compiled(packages=C),
    "xmlsec": Compiled(packages=(*C, "libxmlsec1-dev", "pkg-config"), always=False),
}
"""By the normalised name of the Python package."""

LOADED = {
    "cairocffi": Loaded(packages=("libcairo2",)),
    "ffmpeg-python": Loaded(packages=("ffmpeg",)),
    "graphviz": Loaded(packages=("graphviz",)),
    "opencv-contrib-python": Loaded(packages=("libgl1", "libglib2.0-0")),
    "opencv-python": Loaded(packages=("libgl1", "libglib2.0-0")),
    "pdf2image": Loaded(packages=("poppler-utils",)),
    "playwright": Loaded(packages=("libatomic1",)),
    "psycopg": Loaded(packages=("libpq5",), without=("psycopg-binary", "psycopg-c", "binary", "c")),
    "pyenchant": Loaded(packages=("libenchant-2-2",)),
    "pytesseract": Loaded(packages=("tesseract-ocr",)),
    "python-magic": Loaded(packages=("libmagic1",)),
    "pyzbar": Loaded(packages=("libzbar0",)),
    "weasyprint": Loaded(packages=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")),
}
"""Libraries by ctypes, and programs; by the normalised name of the Python package."""

SPATIAL = ("gdal-bin",)
"""What GeoDjango opens: GDAL, which brings GEOS and PROJ. Its library has another name in each release."""
