# One image for every service; the command picks it: python -m services.<name>.
# What it needs from the network are the two base images, PyPI and npm, and each package has to have
# the digest that its lock says.
ARG PYTHON_IMAGE=python:3.13-slim-trixie
ARG NODE_IMAGE=node:24-trixie-slim

# The packages of the product. No compiler: each has to come as a wheel.
FROM ${PYTHON_IMAGE} AS packages
# "product otel": with OpenTelemetry, docs/tracing.md.
ARG LOCKS=product
COPY requirements/product.lock requirements/otel.lock /build/
RUN python -m venv /build/pip \
    && python -m venv --without-pip /opt/parley \
    && /build/pip/bin/pip --python /opt/parley/bin/python install --quiet --no-cache-dir \
        --no-compile --disable-pip-version-check --only-binary :all: --require-hashes \
        $(for lock in ${LOCKS}; do echo --requirement /build/${lock}.lock; done)
# Nobody may write beside the sources later: they are compiled now, and checked against nothing.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/parley/lib

# Our own code, and of dev/ what makes the databases and the secrets.
FROM packages AS code
WORKDIR /srv/parley
COPY libs libs
COPY services services
COPY dev/__init__.py dev/databases.py dev/errors.py dev/files.py dev/keys.py dev/ports.py \
    dev/redis_users.py dev/services.py dev/settings.py dev/
COPY dev/containers/__init__.py dev/containers/databases.py dev/containers/secrets.py dev/containers/
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash .

# What the web client says and hears is generated from the code of the services.
FROM code AS frames
RUN /opt/parley/bin/python -m services.chat.frames.schema > /build/frames.json

FROM ${NODE_IMAGE} AS web
WORKDIR /build/web
COPY clients/web/package.json clients/web/package-lock.json ./
COPY clients/web/sdk/package.json sdk/
COPY clients/web/app/package.json app/
RUN npm ci --no-audit --no-fund --silent
COPY clients/web ./
COPY --from=frames /build/frames.json ./
RUN node scripts/generate-types.mjs frames.json && npm run --silent bundle

FROM ${PYTHON_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Parley" \
    org.opencontainers.image.description="Self-hosted messaging: chat, presence, queue, receipts" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}"
COPY --from=packages /opt/parley /opt/parley
COPY --from=code /srv/parley /srv/parley
COPY --from=web /build/web/dist /srv/parley/clients/web/dist
ENV PATH=/opt/parley/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    INTERNAL_PORT=9000
WORKDIR /srv/parley
# A number, so that a platform sees that it is not root; nothing in here belongs to it.
USER 10001:10001
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
# Ready, not merely alive: whoever waits for it wants to be served. No shell: it is asked often.
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-IS", "libs/common/healthcheck.py"]
CMD ["python", "-m", "services.chat"]
