# Tickbird's image: the compiled program, its production dependencies, strace and an init. Nothing else.

FROM node:26-trixie-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:26-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json vite.config.ts ./
COPY src src
RUN npm run build

FROM node:26-trixie-slim
LABEL org.opencontainers.image.title="Tickbird" \
      org.opencontainers.image.description="A sidecar that puts HTTPS, live system calls, health, processes and a configuration API in front of an app nobody can change." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/node:26-trixie-slim"

RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends strace tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/aux-cache /var/log/apt /var/log/dpkg.log \
# The state folder. Sticky and writable for all, like /tmp: the sidecar may have to run as the core's uid, whatever that
# is, and a new volume inherits the mode. What lies in it is readable for its owner alone.
 && install -d -m 1777 /var/lib/tickbird

WORKDIR /app
COPY LICENSE package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist

ENV NODE_ENV=production \
    SIDECAR_CERTS_DIR=/var/lib/tickbird
VOLUME /var/lib/tickbird
EXPOSE 8443 8080
USER node

HEALTHCHECK --interval=10s --timeout=10s --start-period=20s --retries=3 CMD ["node", "dist/main.js", "healthcheck"]

# -s: in a shared PID namespace this tini is not pid 1, and reaps only what it is made the subreaper of (prctl(2)).
# The heap's young part in MiB: Node's 16 cost a quarter more memory, and save no CPU time that could be measured.
# The old part, far more than is ever in use: the larger it may be, the longer V8 lets garbage lie. Up to 2047 it lets
# the heap double, from 2048 on grow fourfold: then a thousand busy connections take a quarter more memory, and it does
# not stay where it is. With 512 it marks the whole heap several times a second while clients upload, at twice the CPU time.
ENTRYPOINT ["/usr/bin/tini", "-s", "--", "node", "--max-semi-space-size=4", "--max-old-space-size=2047", "dist/main.js"]
