#!/usr/bin/env bash
# Brings the other tools that `make interop` and `make bench` compare with into target/peers/bin, once.
# Prints one line per peer: `peer: NAME VERSION` or `absent: NAME (why)`. Fails only with CACHE_INTEROP=required.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

peers=$root/target/peers
mkdir -p "$peers/bin" "$peers/log" "$peers/stamp"

last_line() { grep -v '^[[:space:]]*$' "$1" 2>/dev/null | tail -n 1 | cut -c 1-200 || true; }

# go_peer NAME PACKAGE VERSION: the stamp names the version, so a new pin builds again.
go_peer() {
  local name=$1 package=$2 version=$3 binary
  local stamp=$peers/stamp/$name@$version log=$peers/log/$name
  binary=$peers/bin/$(basename "$package")
  if [ ! -e "$stamp" ] || [ ! -x "$peers/bin/$name" ]; then
    command -v go >/dev/null || { absent "$name" "no go"; return; }
    GOBIN=$peers/bin CGO_ENABLED=0 go install "$package@$version" >"$log" 2>&1 \
      || { absent "$name" "go install: $(last_line "$log")"; return; }
    [ "$binary" = "$peers/bin/$name" ] || mv "$binary" "$peers/bin/$name"
    rm -f "$peers/stamp/$name@"*
    touch "$stamp"
  fi
  echo "peer: $name $version"
}

# npm_peer NAME PACKAGE VERSION: a package in a folder of its own, which nothing of ours is in.
npm_peer() {
  local name=$1 package=$2 version=$3
  local stamp=$peers/stamp/$name@$version log=$peers/log/$name
  if [ ! -e "$stamp" ] || [ ! -d "$peers/$name/node_modules/$package" ]; then
    command -v npm >/dev/null || { absent "$name" "no npm"; return; }
    mkdir -p "$peers/$name"
    npm install --prefix "$peers/$name" --cache "$peers/npm-cache" --no-audit --no-fund --ignore-scripts \
      --loglevel=error "$package@$version" >"$log" 2>&1 || { absent "$name" "npm install: $(last_line "$log")"; return; }
    rm -f "$peers/stamp/$name@"*
    touch "$stamp"
  fi
  echo "peer: $name $version"
}

# pip_peer NAME PACKAGE VERSION: a package in a virtual environment of its own.
pip_peer() {
  local name=$1 package=$2 version=$3
  local stamp=$peers/stamp/$name@$version log=$peers/log/$name
  if [ ! -e "$stamp" ] || [ ! -x "$peers/$name/bin/python" ]; then
    command -v python3 >/dev/null || { absent "$name" "no python3"; return; }
    rm -rf "${peers:?}/$name"
    { python3 -m venv "$peers/$name" && "$peers/$name/bin/pip" install --quiet --disable-pip-version-check \
      "$package==$version"; } >"$log" 2>&1 || { absent "$name" "pip install: $(last_line "$log")"; return; }
    rm -f "$peers/stamp/$name@"*
    touch "$stamp"
  fi
  echo "peer: $name $version"
}

# Package lists may be missing or old: fetched once per run, and only when a package is needed.
lists_fetched=
fetch_lists() {
  [ -z "$lists_fetched" ] || return 0
  apt-get update -qq >"$peers/log/apt-update" 2>&1 && lists_fetched=1
}

# apt_peer NAME: a Debian package that starts no service, installed in the usual way.
apt_peer() {
  local name=$1 log=$peers/log/$1
  if ! command -v "$name" >/dev/null; then
    command -v apt-get >/dev/null || { absent "$name" "no apt-get"; return; }
    [ "$(id -u)" = 0 ] || { absent "$name" "not root"; return; }
    fetch_lists || { absent "$name" "apt-get update: $(last_line "$peers/log/apt-update")"; return; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$name" >"$log" 2>&1 \
      || { absent "$name" "apt-get install: $(last_line "$log")"; return; }
  fi
  ln -sf "$(command -v "$name")" "$peers/bin/$name"
  echo "peer: $name $(dpkg-query -W -f '${Version}' "$name" 2>/dev/null || true)"
}

# apt_unpacked_peer NAME: a Debian package whose installation would start a service. Only its files are taken.
apt_unpacked_peer() {
  local name=$1 log=$peers/log/$1 dir=$peers/deb/$1
  if [ ! -x "$peers/bin/$name" ]; then
    command -v apt-get >/dev/null || { absent "$name" "no apt-get"; return; }
    rm -rf "$dir"
    mkdir -p "$dir"
    # Without root the lists that are there must do.
    [ "$(id -u)" != 0 ] || fetch_lists || true
    (cd "$dir" && apt-get download -qq "$name") >"$log" 2>&1 \
      || { absent "$name" "apt-get download: $(last_line "$log")"; return; }
    dpkg-deb -x "$dir"/*.deb "$dir"
    ln -sf "../deb/$name/usr/bin/$name" "$peers/bin/$name"
  fi
  echo "peer: $name $(dpkg-deb -f "$dir"/*.deb Version)"
}

go_peer crane github.com/google/go-containerregistry/cmd/crane v0.22.1
go_peer regctl github.com/regclient/regclient/cmd/regctl v0.11.7
go_peer oras oras.land/oras/cmd/oras v1.3.6
go_peer cosign github.com/sigstore/cosign/v3/cmd/cosign v3.1.3
go_peer fulcio github.com/sigstore/fulcio v1.8.8
go_peer timestamp-server github.com/sigstore/timestamp-authority/v2/cmd/timestamp-server v2.1.3
go_peer rekor-server-posix github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix v2.3.0
go_peer distribution github.com/distribution/distribution/v3/cmd/registry v3.1.2
go_peer fake-gcs-server github.com/fsouza/fake-gcs-server v1.56.1
npm_peer sigstore-mock @sigstore/mock 0.13.0
npm_peer prism @stoplight/prism-cli 5.14.2
# The last that runs with Node 20.
npm_peer azurite azurite 3.35.0
pip_peer moto "moto[server]" 5.2.5
# Only what compares SBOMs of the real image needs it, and it takes minutes to build.
[ ! -e "$root/target/real-image/layout/oci-layout" ] || go_peer syft github.com/anchore/syft/cmd/syft v1.57.0
# Scanners, which take many minutes to build: `scripts/peers.sh scanners` does.
if [ "${1:-}" = scanners ]; then
  go_peer grype github.com/anchore/grype/cmd/grype v0.121.2
  go_peer osv-scanner github.com/google/osv-scanner/v2/cmd/osv-scanner v2.5.1
  GOEXPERIMENT=jsonv2 go_peer trivy github.com/aquasecurity/trivy/cmd/trivy v0.74.0
fi
apt_peer skopeo
apt_unpacked_peer docker-registry

for folder in signing sbom; do
  if [ -d "$shared/data/$folder" ]; then echo "data: $folder"; else absent "data $folder" "no $shared/data/$folder"; fi
done

finish
