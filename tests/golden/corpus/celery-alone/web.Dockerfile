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

# The base without pip: nobody installs into an image. A plain removal would be dated.
FROM python:3.13-slim AS bare
RUN stdlib="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' stdlib)" && \
    purelib="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' purelib)" && \
    scripts="$(python -B -c 'import sys, sysconfig; print(sysconfig.get_path(sys.argv[1]))' scripts)" && \
    for path in "$stdlib/ensurepip" "$purelib/pip" "$purelib"/pip-*.dist-info "$scripts/pip" "$scripts"/pip[0-9]*; do if [ -e "$path" ]; then rm -rf "$path"; ln -s /nonexistent "$path"; touch -hcd @315532800 "$path"; fi; done && \
    touch -hcd @315532800 "$stdlib" "$purelib" "$scripts"

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

# Every library that the dependencies link to is there; a passwd line for the user.
FROM bare AS user
RUN --mount=type=bind,from=deps,source=/opt/venv,target=/opt/venv \
    --mount=type=bind,from=scripts,source=/links.py,target=/links.py \
    python -I /links.py check web && \
    mkdir -p /user/etc /user/app && \
    sed '$a app:x:10001:10001::/nonexistent:/usr/sbin/nologin' /etc/passwd > /user/etc/passwd && \
    sed '$a app:x:10001:' /etc/group > /user/etc/group && \
    find /user -exec touch -hcd @315532800 {} +

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
    find /app /points -exec touch -hcd @$SOURCE_DATE_EPOCH {} + && \
    python -s /dated.py /app /points

# The image: results only.
FROM bare
ENV PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
COPY --from=user /user/ /
COPY --from=std /std/ /
COPY --from=deps /opt /opt
WORKDIR /app
COPY --from=src /app /app
USER 10001:10001
CMD ["celery", "-A", "shop", "worker", "--loglevel", "INFO"]
