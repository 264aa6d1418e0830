# A static program and nothing else: no shell, no packages, nobody's rights.
#
#   CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o cellnet ./cmd/cellnet
#   docker build -t cellnet .
#   docker run --rm cellnet query info
#   docker run --rm -v "$PWD:/work" cellnet generate --archs 0-9 --datasets synthetic --out trials
#
# It is built outside, by the Go of whoever builds, so that the image needs no other.
FROM scratch
COPY cellnet /cellnet
WORKDIR /work
USER 65532:65532
ENV HOME=/work TMPDIR=/work
ENTRYPOINT ["/cellnet"]
CMD ["help"]
