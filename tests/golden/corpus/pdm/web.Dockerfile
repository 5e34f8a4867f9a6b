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

# What is to be installed, as the project's lock says it.
FROM scratch AS lock
COPY <<"LINES" /lock/requirements.txt
anyio==4.16.0 \
    --hash=sha256:59bb03251907983d1603d27c3087ddb1e93299ea2163adcdba37899a4fb12ffb \
    --hash=sha256:c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026
click==8.5.1 \
    --hash=sha256:8bb5376d2006950386f8c6427613334a2acadc5f559cb80e638d00b4df957e37 \
    --hash=sha256:9bbfada76703fd1d784b83eea012e3e8c6a001a876543ef104fa56aaaeb072b4
h11==0.16.0 \
    --hash=sha256:4e35b956cf45792e4caa5885e69fba00bdbc6ffafbfa020300e549b208ee5ff1 \
    --hash=sha256:63cf8bbe7522de3bf65932fda1d9c2772064ffb3dae62d55932da54b31cb6c86
idna==3.20 \
    --hash=sha256:a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44 \
    --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c
starlette==1.10.0 \
    --hash=sha256:478c0ab3b4ced6e82719849c118fa406f0278a3499c1a898cd15cd31bdc38ce4 \
    --hash=sha256:b8399098d4c1e3522734f7235dc79b1fc967f96cf139c81e0fa30479e0685f9b
typing-extensions==4.16.0 ; python_version < "3.15" \
    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \
    --hash=sha256:dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5
uvicorn==0.54.0 \
    --hash=sha256:505bdb0f318731d45f1f712071fc781a8981f6847a31c902c9f5e652d4f67faf \
    --hash=sha256:a2e33cbfaa0306f8e6b0c13e0cb89d7d7a2da3e62b90c66e18c33d9807b28620
LINES

# Dependencies, in a virtual environment outside the source.
FROM base AS deps
RUN --mount=type=bind,from=tool,source=/uv,target=/usr/local/bin/uv \
    --mount=type=bind,from=lock,source=/lock,target=/lock \
    --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,from=scripts,source=/bytecode.py,target=/bytecode.py \
    --mount=type=cache,target=/root/.cache/bytecode \
    uv venv -q --python /usr/local/bin/python3 --prompt venv /opt/venv && \
    uv pip install -q --python /opt/venv --no-deps --require-hashes -r /lock/requirements.txt && \
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
    rm -rf /app/pyproject.toml /app/uv.lock /app/requirements*.txt /app/requirements*.in /app/shipyard.toml /app/shipyard.lock /app/README* /app/CHANGELOG* /app/Dockerfile* /app/.dockerignore /app/.gitignore /app/.gitattributes /app/.github /app/.gitlab-ci.yml /app/.pre-commit-config.yaml /app/.python-version /app/.tool-versions /app/mise.toml /app/.mise.toml /app/.editorconfig /app/Makefile /app/justfile /app/noxfile.py /app/tox.ini /app/pytest.ini /app/mypy.ini /app/.coveragerc /app/.flake8 /app/pdm.lock && find /app -name .npmrc -type f -delete && \
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
EXPOSE 8000
STOPSIGNAL SIGINT
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "8"]
