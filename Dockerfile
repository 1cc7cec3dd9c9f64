# One image for `pavilion gateway` (the default), `pavilion worker`, `pavilion migrate` and the rest of the command line.

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    VIRTUAL_ENV=/opt/pavilion \
    PATH=/opt/pavilion/bin:$PATH
WORKDIR /build
RUN python -m venv "$VIRTUAL_ENV"
COPY requirements/build.txt requirements/run.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/build.txt \
    && uv pip sync --no-cache --require-hashes requirements/build.txt requirements/run.txt
COPY pyproject.toml README.md ./
COPY schemas schemas
COPY infra infra
COPY streams streams
COPY topologies topologies
COPY gateway gateway
COPY pavilion pavilion
RUN uv pip install --no-cache --no-deps --no-build-isolation . \
    && pip uninstall --yes uv setuptools \
    && python -m compileall -q "$VIRTUAL_ENV/lib"

FROM python:3.11.14-slim-bookworm
RUN groupadd --system --gid 10001 pavilion \
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
