# One image for `pavilion gateway` (the default), `pavilion worker`, `pavilion migrate` and the rest of the command line.
#
#   docker build --tag pavilion .                            # --build-arg REVISION=$(git rev-parse HEAD)
#   docker build --tag pavilion --build-arg REQUIREMENTS=s3 .  # with what backs up to S3
#
# A tag may be moved; who mirrors the base image gives it with its digest: --build-arg BASE=python:…@sha256:….

ARG BASE=python:3.11.14-slim-bookworm

# hadolint ignore=DL3006
FROM ${BASE} AS build
ARG REQUIREMENTS=run
# The base image's own pip installs uv beside itself; the environment below holds only what runs.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    VIRTUAL_ENV=/opt/pavilion
WORKDIR /build
COPY requirements requirements
RUN python -m venv --without-pip "$VIRTUAL_ENV" \
    && pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && uv pip sync --no-cache --require-hashes requirements/build.txt "requirements/$REQUIREMENTS.txt"
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY infra infra
COPY streams streams
COPY topologies topologies
COPY gateway gateway
COPY pavilion pavilion
RUN uv pip install --no-cache --no-deps --no-build-isolation . \
    && uv pip uninstall uv setuptools \
    && "$VIRTUAL_ENV/bin/python" -m compileall -q "$VIRTUAL_ENV/lib"

# hadolint ignore=DL3006
FROM ${BASE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Pavilion notification streams" \
      org.opencontainers.image.description="Platform events on Apache Pulsar become notifications in a user's inbox and on the user's WebSocket." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}"
# Nothing is installed from here on, by anybody.
RUN pip uninstall --yes setuptools wheel pip \
    && rm -rf /usr/local/lib/python3.11/ensurepip \
    && groupadd --system --gid 10001 pavilion \
    && useradd --system --uid 10001 --gid pavilion --home-dir /var/lib/pavilion --create-home --shell /usr/sbin/nologin pavilion
COPY --from=build /opt/pavilion /opt/pavilion
# The container's own addresses: inside it, loopback would be reachable by nobody.
ENV PATH=/opt/pavilion/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PAVILION_DATA_DIR=/var/lib/pavilion \
    PAVILION_GATEWAY__HOST=0.0.0.0 \
    PAVILION_WORKER__HOST=0.0.0.0 \
    HEALTH_URL=http://127.0.0.1:8000/healthz
WORKDIR /var/lib/pavilion
USER 10001:10001
EXPOSE 8000 6066
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=4).close()"]
ENTRYPOINT ["pavilion"]
CMD ["gateway"]
