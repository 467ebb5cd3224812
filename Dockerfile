# Builds the program, and puts it on an image that holds Node and nothing else: no shell, no package manager.
# Releases pin both images by digest: --build-arg BUILD_IMAGE=node@sha256:… --build-arg RUN_IMAGE=gcr.io/distroless/…@sha256:…
ARG BUILD_IMAGE=node:24.21.0-bookworm-slim
ARG RUN_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

# The build tools are locked for amd64; what they make is JavaScript and runs on every platform.
FROM --platform=linux/amd64 ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY src src
COPY runtimes runtimes
COPY deploy/build deploy/build
RUN npm run build

FROM ${RUN_IMAGE}
LABEL org.opencontainers.image.title="Sidegate" \
      org.opencontainers.image.description="A sign-in gate that stands beside an app, with oauth2-proxy's flags, endpoints and headers" \
      org.opencontainers.image.licenses="MIT"
COPY LICENSE /licenses/sidegate/LICENSE
COPY --from=build /build/dist /app
COPY deploy/image/health-check.mjs /app/health-check.mjs
# What manifests and unit files made for oauth2-proxy call.
COPY deploy/image/oauth2-proxy /bin/oauth2-proxy

# A small young generation keeps memory low; half of this one costs a tenth more CPU (node --help: --max-semi-space-size, MiB).
# One arena of malloc instead of one a thread (mallopt(3), M_ARENA_MAX): nearly all of the work is done by one.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=2 \
    MALLOC_ARENA_MAX=1 \
    HEALTH_URL=http://127.0.0.1:4180/ping

# Numeric, so that Kubernetes can check runAsNonRoot. Nothing is written to disk: a read-only root file system is fine.
USER 65532:65532
EXPOSE 4180
# For engines without probes of their own. Whoever listens elsewhere sets HEALTH_URL as well.
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s \
  CMD ["/nodejs/bin/node", "/app/health-check.mjs"]

# Node is process 1 and handles SIGTERM itself: it stops listening, finishes what is under way, and ends. SIGUSR1 would open
# a debugger that reads every session; here it does nothing.
ENTRYPOINT ["/nodejs/bin/node", "--disable-sigusr1", "/app/sidegate.mjs"]
