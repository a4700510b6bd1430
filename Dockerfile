# Microteach in one image:  docker build -t microteach:0.1.0 .
# How to run it: config/compose.yaml, docs/operations.md. What the image carries under which licence: NOTICE.

FROM python:3.13-slim-trixie AS build
# A compiler for the media worker's inner loop; it stays in this stage.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /microteach
COPY tasks.py run.lock ./
# The same path as `tasks.py run`: every package by its hash, wheels only.
RUN ["python3", "-c", "import tasks; tasks.install(tasks.RUN_LOCK); tasks.write_launcher()"]
COPY server ./server
RUN ["python3", "tasks.py", "native"]
COPY recorder ./recorder
RUN ["python3", "-m", "compileall", "-q", "server", "recorder"]

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="Microteach" \
      org.opencontainers.image.description="Microteaching over live video: practise a short lesson, recorded, with timed feedback." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-or-later"
# Ends what a killed process leaves behind; the supervisor only looks after its own children.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin microteach \
 && install --directory --owner=microteach --group=microteach --mode=0700 /data /keys \
 && ln -s /microteach/microteach /usr/local/bin/microteach
WORKDIR /microteach
COPY LICENSE NOTICE ./
COPY config/plans ./config/plans
COPY config/forms ./config/forms
COPY config/locale ./config/locale
COPY web ./web
# Belongs to root, so that the process that people talk to cannot change its own program.
COPY --from=build /microteach ./

ENV MT_DATA=/data \
    MT_KEYS=/keys \
    MT_LISTEN=0.0.0.0:8080 \
    MT_METRICS_LISTEN=127.0.0.1:9464 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp
USER 10001:10001
VOLUME ["/data", "/keys"]
EXPOSE 8080/tcp 10000/udp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["microteach", "health"]
ENTRYPOINT ["/usr/bin/tini", "--", "microteach"]
CMD ["run"]
