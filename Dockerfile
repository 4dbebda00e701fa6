# The version of Go is that of go.mod; CI builds the same way without a container.
FROM golang:1.26 AS build
WORKDIR /src

# What changes seldom comes first, so that it is downloaded once.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/latchkey . \
    && mkdir -m 0700 /out/data

# Nothing but the program, the certificates that mail servers and databases are checked against,
# and a folder for SQLite that belongs to a user who owns nothing else.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/latchkey /latchkey
COPY --from=build --chown=65532:65532 /out/data /data

USER 65532:65532
ENV LATCHKEY_DATA_DIR=/data LATCHKEY_ENV=choose
VOLUME /data
EXPOSE 8080

# No mode is chosen here, and "choose" is none: the program asks for LATCHKEY_ENV instead of guessing.
# (Development listens inside the container only, unless LATCHKEY_ADDR=:8080.) The
# program asks itself whether it is ready, because there is no shell.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s CMD ["/latchkey", "healthcheck"]
ENTRYPOINT ["/latchkey"]
