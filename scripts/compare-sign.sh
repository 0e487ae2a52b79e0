#!/usr/bin/env bash
# Verifying beside cosign, on one registry on loopback: a signature by a key, an SPDX attestation of the real image's size, and an
# image with 1,000 signatures by strangers. cosign is a process each time; ours is a process too (`cache`), and a call within a
# process that runs (`cache-in-process`: a new connection each time). Prints Markdown tables: medians, and ratios to cosign.
#
#   scripts/compare-sign.sh [ROUNDS]       (default 10)
#
# Run `scripts/peers.sh` before. Our own part is target/release/examples/verify.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${1:-10}
bin=$root/target/peers/bin
verify=$root/target/release/examples/verify
layout=$root/target/real-image/layout

for need in "$bin/cosign" "$bin/crane" "$bin/distribution" "$bin/syft" "$verify" "$layout/oci-layout" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison of verifying" "no $need"; finish; exit 0; }
done

tmp=$(mktemp -d "$root/target/compare-sign.XXXXXX")
registry_pid=''
clean() {
  [ -z "$registry_pid" ] || { kill "$registry_pid" && wait "$registry_pid"; } 2>/dev/null || true
  rm -rf "$tmp"
}
trap clean EXIT
trap 'exit 130' INT TERM

# Nobody's credentials, settings or caches take part.
export HOME=$tmp/home DOCKER_CONFIG=$tmp/home COSIGN_PASSWORD=pw SYFT_CHECK_FOR_APP_UPDATE=false
mkdir -p "$HOME" "$tmp/registry"
host=127.0.0.1:$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$tmp/registry.yml" <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "$tmp/registry"}}
http: {addr: "$host"}
YAML
OTEL_TRACES_EXPORTER=none "$bin/distribution" serve "$tmp/registry.yml" >"$tmp/registry.log" 2>&1 &
registry_pid=$!
for _ in {1..100}; do
  ! curl -sf -o /dev/null "http://$host/v2/" || break
  sleep 0.05
done

cd "$tmp"
"$bin/cosign" generate-key-pair 2>/dev/null
# Three images that differ in a label; what an image weighs matters to nobody who verifies it.
image() {
  "$bin/crane" append --oci-empty-base --new_layer "$tmp/layer.tar" --new_tag "$host/$1:v1" >/dev/null 2>&1
  echo "$host/$1@$("$bin/crane" digest "$host/$1:v1")"
}
new_image() {
  echo "$1" >"$tmp/name"
  tar -C "$tmp" -cf "$tmp/layer.tar" name
  image "$1"
}
sign=(--key cosign.key --use-signing-config=false --tlog-upload=false --yes)
signed=$(new_image signed)
"$bin/cosign" sign "${sign[@]}" "$signed" 2>/dev/null
attested=$(new_image attested)
"$bin/syft" scan "oci-dir:$layout" -q -o "spdx-json=$tmp/spdx.json"
"$bin/cosign" attest "${sign[@]}" --type spdxjson --predicate "$tmp/spdx.json" "$attested" 2>/dev/null
hostile=$(new_image hostile)
"$root/scripts/hostile.py" "http://$host" hostile "${hostile#*@}"

verified_by() {
  case $1 in
    cosign-signed) set -- "$bin/cosign" verify --key cosign.pub --insecure-ignore-tlog "$signed" ;;
    cosign-attested) set -- "$bin/cosign" verify-attestation --key cosign.pub --insecure-ignore-tlog --type spdxjson "$attested" ;;
    cosign-hostile) set -- sh -c "! '$bin/cosign' verify --key cosign.pub --insecure-ignore-tlog --new-bundle-format=false '$hostile'" ;;
    cache-signed) set -- "$verify" "docker://$signed" cosign.pub ;;
    cache-attested) set -- "$verify" "docker://$attested" cosign.pub --type spdx ;;
    cache-hostile) set -- "$verify" "docker://$hostile" cosign.pub --refused ;;
  esac
  python3 "$root/scripts/measure.py" run "$tmp/$what" "$tool" "$@"
}

echo "Registry: distribution $("$bin/distribution" --version | awk '{print $NF}'), filesystem storage, plain HTTP on loopback; cosign $("$bin/cosign" version 2>/dev/null | sed -n 's/^GitVersion: *//p')."
echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
for what in signed attested hostile; do
  for ((round = 0; round <= rounds; round++)); do
    # The first round only warms caches up and is thrown away.
    [ "$round" != 1 ] || rm "$tmp/$what"
    for tool in cosign cache; do verified_by "$tool-$what"; done
    case $what in
      signed) "$verify" "docker://$signed" cosign.pub --rounds 5 >>"$tmp/$what" ;;
      attested) "$verify" "docker://$attested" cosign.pub --type spdx --rounds 3 >>"$tmp/$what" ;;
      hostile) "$verify" "docker://$hostile" cosign.pub --refused --rounds 1 >>"$tmp/$what" ;;
    esac
  done
  echo
  case $what in
    signed) echo "A signature by a key:" ;;
    attested) echo "An SPDX attestation of $(stat -c %s "$tmp/spdx.json") bytes:" ;;
    hostile) echo "1,000 signatures by strangers: $("$verify" "docker://$hostile" cosign.pub --refused)" ;;
  esac
  echo
  python3 "$root/scripts/measure.py" table "$tmp/$what" cosign
done
finish
