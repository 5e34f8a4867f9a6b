ARG BASE
FROM ${BASE}
ARG MAJOR
RUN apt-get update -qq && mkdir -p /etc/postgresql-common && \
    echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf && \
    apt-get install -y -qq --no-install-recommends postgresql-${MAJOR} && \
    rm -rf /var/lib/apt/lists/* && \
    mkdir -p /var/lib/postgresql/data && chown postgres:postgres /var/lib/postgresql/data && \
    install -d -o postgres -g postgres -m 2777 /var/run/postgresql
ENV PATH=/usr/lib/postgresql/${MAJOR}/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PGDATA=/var/lib/postgresql/data PG_MAJOR=${MAJOR} LANG=C.UTF-8
COPY --chmod=755 postgres-entrypoint /usr/local/bin/docker-entrypoint.sh
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres"]
