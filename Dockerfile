# syntax=docker/dockerfile:1
# One image per service: docker build --build-arg SERVICE=metering .
# There is no compile step: Node runs the TypeScript sources.

ARG NODE=node:26-slim

FROM ${NODE} AS pruned
ARG SERVICE
WORKDIR /repo
RUN npm install --global turbo@2.11.11
COPY . .
RUN test -n "$SERVICE" || { echo 'Name the service: --build-arg SERVICE=metering' >&2; exit 1; }
RUN turbo prune "@arcadia/${SERVICE}" --docker

FROM ${NODE} AS installed
ARG SERVICE
WORKDIR /app
RUN npm install --global pnpm@12.21.0
COPY --from=pruned /repo/out/json/ ./
# The optional packages contain Node for machines without a recent one; this image already has it.
RUN --mount=type=cache,id=pnpm-store,target=/pnpm-store \
    CI=1 pnpm install --prod --no-optional --frozen-lockfile --store-dir /pnpm-store --package-import-method copy \
    --filter-prod "@arcadia/${SERVICE}..."

FROM ${NODE}
ARG SERVICE
ENV NODE_ENV=production HEALTH_PORT=8080 SERVICE=${SERVICE}
WORKDIR /app
COPY --from=installed /app/ ./
COPY --from=pruned /repo/out/full/ ./
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=6 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
WORKDIR /app/services/${SERVICE}
CMD ["node", "src/main.ts"]
