FROM python:3.13-slim AS base
ENV SOURCE_DATE_EPOCH=315532800 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    PYTHONHASHSEED=0 \
    CFLAGS=-g0 \
    CXXFLAGS=-g0 \
    UV_NO_PROGRESS=1 \
    UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_CONCURRENT_DOWNLOADS=16

# The installer, in a build stage of its own; Shipyard brings it along.
FROM base AS tool
RUN python -m pip install -q --no-cache-dir --no-compile --root-user-action=ignore --target /tool uv==0.13.9 && \
    mv /tool/bin/uv /uv

# Byte code of the standard library.
FROM base AS std
RUN lib="$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" && \
    python -m compileall -q -j 0 -x '/(site-packages|test|tests|idlelib|tkinter|turtledemo|ensurepip|pydoc_data|lib2to3)/' --invalidation-mode unchecked-hash "$lib" && \
    mkdir /std && \
    find "$lib" -path "*/site-packages" -prune -o -name "*.pyc" -exec cp --parents -t /std {} + && \
    find /std -exec touch -hcd @$SOURCE_DATE_EPOCH {} +

# What looks at the libraries that are linked to, makes byte code, and dates files.
FROM scratch AS scripts
COPY <<"LINES" /links.py
# shipyard/compile/links.py
LINES

COPY <<"LINES" /bytecode.py
# shipyard/compile/bytecode.py
LINES

COPY <<"LINES" /dated.py
# shipyard/compile/dated.py
LINES

# Dependencies, in a virtual environment outside the source.
FROM base AS deps
RUN --mount=type=bind,from=tool,source=/uv,target=/usr/local/bin/uv \
    --mount=type=bind,source=requirements.txt,target=/p/requirements.txt \
    --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,from=scripts,source=/bytecode.py,target=/bytecode.py \
    --mount=type=cache,target=/root/.cache/bytecode \
    uv venv -q --python /usr/local/bin/python3 --prompt venv /opt/venv && \
    uv pip install -q --python /opt/venv -r /p/requirements.txt && \
    find /opt/venv/bin '(' -name 'activate*' -o -name '*.bat' ')' -delete && \
    python -s /bytecode.py /opt/venv/lib && \
    find /opt -exec touch -hcd @$SOURCE_DATE_EPOCH {} +

# Debian packages that run time needs.
FROM python:3.13-slim AS system
RUN --mount=type=tmpfs,target=/var/cache \
    --mount=type=tmpfs,target=/var/lib/apt/lists \
    --mount=type=tmpfs,target=/var/log \
    --mount=type=tmpfs,target=/tmp \
    touch /before && \
    apt-get update -qq && \
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libmagic1 && \
    find / -xdev -cnewer /before -not -path '/proc/*' -not -path '/sys/*' -exec touch -hcd @315532800 {} + && \
    rm /before

# Every library that the dependencies link to is there; a passwd line for the user.
FROM system AS user
RUN --mount=type=bind,from=deps,source=/opt/venv,target=/opt/venv \
    --mount=type=bind,from=scripts,source=/links.py,target=/links.py \
    python -I /links.py check web && \
    mkdir -p /user/etc /user/app && \
    sed '$a app:x:10001:10001::/nonexistent:/usr/sbin/nologin' /etc/passwd > /user/etc/passwd && \
    sed '$a app:x:10001:' /etc/group > /user/etc/group && \
    find /user -exec touch -hcd @315532800 {} +

# The interpreter with what it and its packages need to run, and nothing else.
FROM system AS root
ENV SOURCE_DATE_EPOCH=315532800 \
    PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    PYTHONHASHSEED=0
COPY <<"LINES" /scripts/rootfs.py
# shipyard/compile/rootfs.py
LINES

RUN --mount=type=bind,from=user,source=/user,target=/user \
    --mount=type=bind,from=deps,source=/opt/venv,target=/opt/venv \
    --mount=type=bind,from=scripts,source=/links.py,target=/scripts/links.py \
    --mount=type=bind,from=base,target=/base \
    python -E -s -B /scripts/rootfs.py /rootfs /opt/venv /base libmagic1 && \
    find /rootfs -exec touch -hcd @$SOURCE_DATE_EPOCH {} +

# The source, without what only people and tools read.
FROM std AS src
RUN --mount=type=bind,target=/context \
    --mount=type=bind,from=scripts,source=/bytecode.py,target=/bytecode.py \
    --mount=type=cache,target=/root/.cache/bytecode \
    --mount=type=bind,from=scripts,source=/dated.py,target=/dated.py \
    mkdir /app /points && \
    cp -R /context/. /app && \
    rm -rf /app/pyproject.toml /app/uv.lock /app/requirements*.txt /app/requirements*.in /app/shipyard.toml /app/shipyard.lock /app/README* /app/CHANGELOG* /app/Dockerfile* /app/.dockerignore /app/.gitignore /app/.gitattributes /app/.github /app/.gitlab-ci.yml /app/.pre-commit-config.yaml /app/.python-version /app/.tool-versions /app/mise.toml /app/.mise.toml /app/.editorconfig /app/Makefile /app/justfile /app/noxfile.py /app/tox.ini /app/pytest.ini /app/mypy.ini /app/.coveragerc /app/.flake8 && find /app -name .npmrc -type f -delete && \
    python -s /bytecode.py /app && \
    chmod -R u=rwX,go=rX /app /points && \
    find /app -mindepth 1 -type d -empty -delete && \
    mkdir -p /app/media && chown 10001:10001 /app/media && \
    mkdir -p /points/var/lib/kept && chown 10001:10001 /points/var/lib/kept && \
    find /app /points -exec touch -hcd @$SOURCE_DATE_EPOCH {} + && \
    python -s /dated.py /app /points

# The image: results only.
FROM scratch
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    LANG=C.UTF-8 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
COPY --from=root /rootfs/ /
COPY --from=user /user/ /
COPY --from=std /std/ /
COPY --from=deps /opt /opt
COPY --from=src /points/ /
WORKDIR /app
COPY --from=src /app /app
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGINT
CMD ["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "8"]
