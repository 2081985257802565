# One image for every program of oomkeeper: `agent.mjs` by default, the others by argument.
# `make build` first; BASE is any image whose entry point is Node.js 24.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
ARG VERSION=unknown
LABEL org.opencontainers.image.title="oomkeeper" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
WORKDIR /app
COPY dist/*.mjs dist/*.cjs dist/*.cache LICENSE /app/
ENV NODE_ENV=production
# A number, so that runAsNonRoot can be checked. The agent's pod asks for root: /dev/kmsg is root's.
USER 65532:65532
CMD ["/app/agent.mjs", "--help"]
