# syntax=docker/dockerfile:1

# Stackroom as one static program on an empty, rootless base.
#
#   docker build --build-arg VERSION=1.2.3 --build-arg COMMIT="$(git rev-parse HEAD)" .
#
# The same commit gives the same image: nothing in it comes from the time or
# the machine of the build. BuildKit needs SOURCE_DATE_EPOCH=0 and
# --output type=image,rewrite-timestamp=true for that, buildah --timestamp 0.
#
# Both bases are named by digest. To move to newer ones:
#   crane digest golang:1.26-bookworm
#   crane digest gcr.io/distroless/static-debian12:nonroot
ARG BUILD_BASE=docker.io/library/golang:1.26-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d
ARG BASE=gcr.io/distroless/static-debian12:nonroot@sha256:afa5c872c891853ca7fcf1f12c3edb23f7eeef36189728842dd51042ff57f7ab

# Compiled on the builder's own architecture for any other.
FROM --platform=$BUILDPLATFORM ${BUILD_BASE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY . .
ARG TARGETOS=linux
ARG TARGETARCH=amd64
ARG VERSION=
ARG COMMIT=
# The tags leave out what nothing here uses and is a quarter of the program:
# Cloud Storage over DirectPath (the storage module's documentation names the
# tag) and gRPC's own trace pages. The folder for volumes is made here: the
# base has no shell.
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -tags=disable_grpc_modules,grpcnotrace \
      -ldflags="-s -w -buildid= -X main.version=${VERSION} -X main.commit=${COMMIT}" \
      -o /out/stackroom ./cmd/stackroom \
    && mkdir -m 0700 /out/data

FROM ${BASE}
ARG VERSION=
ARG COMMIT=
LABEL org.opencontainers.image.title="Stackroom" \
      org.opencontainers.image.description="A library for AI assistants, over the Model Context Protocol" \
      org.opencontainers.image.source="https://github.com/stackroom-mcp/stackroom" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}" \
      io.modelcontextprotocol.server.name="io.github.stackroom-mcp/stackroom"
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/stackroom /usr/local/bin/stackroom
# The default data folder is /tmp/stackroom, which need not exist.
ENV XDG_DATA_HOME=/tmp \
    PORT=8080
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["/usr/local/bin/stackroom", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/stackroom"]
CMD ["serve"]
