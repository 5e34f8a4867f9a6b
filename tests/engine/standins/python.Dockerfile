ARG BASE
FROM ${BASE}
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
COPY local /usr/local
RUN ldconfig && python -m ensurepip && ln -sf pip3 /usr/local/bin/pip && \
    find /usr/local -name __pycache__ -prune -exec rm -r {} +
CMD ["python3"]
