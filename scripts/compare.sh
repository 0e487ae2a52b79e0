#!/usr/bin/env bash
# Copies the real image between two registries on loopback with each peer and with our example `copy`, then pulls one
# big blob from one of them. Prints Markdown tables: medians, and ratios to crane.
#
#   scripts/compare.sh [ROUNDS]       (default 5)
#   CACHE_BENCH_REGISTRY=distribution|docker-registry|own   both ends, default distribution
#   CACHE_BENCH_BLOB_MIB=512                            size of the blob that is pulled
#   CACHE_BENCH_TMP=DIR                                 where the registries store, default a new folder in target/
#
# Run `scripts/peers.sh` before. Our own part is target/release/examples/{copy,pull}, skipped when they are not built:
# `copy docker://HOST/REPO:TAG docker://HOST/REPO:TAG` and `pull docker://HOST/REPO@DIGEST BYTES` (a blob, to nowhere).
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/registries.sh
. "$root/scripts/registries.sh"

rounds=${1:-5}
kind=${CACHE_BENCH_REGISTRY:-distribution}
blob_mib=${CACHE_BENCH_BLOB_MIB:-512}
bin=$root/target/peers/bin
ours=$root/target/release/examples
layout=$root/target/real-image/layout

for need in "$bin/crane" "$(registry_program)" "$layout/oci-layout" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison" "no $need"; finish; exit 0; }
done

begin_comparison compare
target_pid=''

# Every run gets an empty target at a port that no client has seen: nothing to mount, to skip or to remember.
new_target() {
  stop "$target_pid"
  start_registry target
  target_pid=$started_pid target=$started_host
  # What the run before left to be written must not be paid by this one.
  sync
}

copy_with() {
  local from=$source/dev/app:v1.0.0 to=$target/prod/app:v1.0.0
  case $1 in
    crane) set -- "$bin/crane" copy "$from" "$to" ;;
    skopeo) set -- "$bin/skopeo" --insecure-policy copy --all --preserve-digests --src-tls-verify=false \
      --dest-tls-verify=false "docker://$from" "docker://$to" ;;
    regctl) set -- "$bin/regctl" --host "reg=$source,tls=disabled" --host "reg=$target,tls=disabled" \
      image copy "$from" "$to" ;;
    oras) set -- "$bin/oras" cp -r --from-plain-http --to-plain-http "$from" "$to" ;;
    cache) set -- "$ours/copy" "docker://$from" "docker://$to" ;;
  esac
  python3 "$root/scripts/measure.py" run "$tmp/copy" "$tool" "$@"
  [ "$("$bin/crane" digest "$to")" = "$digest" ] || { echo "compare.sh: $tool changed the digest" >&2; return 1; }
}

pull_with() {
  case $1 in
    crane) set -- "$bin/crane" blob "$source/dev/big@$blob" ;;
    regctl) set -- "$bin/regctl" --host "reg=$source,tls=disabled" blob get "$source/dev/big" "$blob" ;;
    oras) set -- "$bin/oras" blob fetch --plain-http --output /dev/null "$source/dev/big@$blob" ;;
    curl) set -- curl -sf "http://$source/v2/dev/big/blobs/$blob" ;;
    cache) set -- "$ours/pull" "docker://$source/dev/big@$blob" $((blob_mib * 1048576)) ;;
  esac
  python3 "$root/scripts/measure.py" run "$tmp/pull" "$tool" "$@"
}

# put_blob FILE: a monolithic upload; sets $blob to the digest.
put_blob() {
  blob=sha256:$(sha256sum "$1" | cut -d ' ' -f 1)
  local upload
  upload=$(curl -sf -o /dev/null -w '%header{location}' -X POST "http://$source/v2/dev/big/blobs/uploads/")
  curl -sf -o /dev/null -T "$1" -H 'Content-Type: application/octet-stream' "$upload&digest=$blob"
}

tools=()
for tool in crane skopeo regctl oras; do
  if [ -x "$bin/$tool" ]; then tools+=("$tool"); else absent "$tool" "no $bin/$tool"; fi
done
if [ -x "$ours/copy" ]; then tools+=(cache); else absent "our copy" "no $ours/copy"; fi

start_registry source
source=$started_host
"$bin/crane" push "$layout" "$source/dev/app:v1.0.0" >/dev/null 2>&1
digest=$("$bin/crane" digest "$source/dev/app:v1.0.0")

echo "Registries: 2 x $(registry_kind), plain HTTP on loopback."
echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
echo
echo "Copy of the real image, $(du -s --apparent-size -B 1 "$layout/blobs" | cut -f 1) bytes, $digest, target emptied before each run:"
echo
for ((round = 0; round <= rounds; round++)); do
  # The first round only warms caches up and is thrown away.
  [ "$round" != 1 ] || rm "$tmp/copy"
  for tool in "${tools[@]}"; do
    new_target
    copy_with "$tool"
  done
done
python3 "$root/scripts/measure.py" table "$tmp/copy" crane
stop "$target_pid"

# skopeo has no command for one blob. curl verifies nothing: it shows what the loopback gives.
tools=(curl)
for tool in crane regctl oras; do [ ! -x "$bin/$tool" ] || tools+=("$tool"); done
if [ -x "$ours/pull" ]; then tools+=(cache); else absent "our pull" "no $ours/pull"; fi
head -c "${blob_mib}M" /dev/urandom >"$tmp/big"
put_blob "$tmp/big"
rm "$tmp/big"
echo
echo "Pull of one blob of $blob_mib MiB to nowhere (curl does not verify it):"
echo
for ((round = 0; round <= rounds; round++)); do
  [ "$round" != 1 ] || rm "$tmp/pull"
  for tool in "${tools[@]}"; do pull_with "$tool"; done
done
python3 "$root/scripts/measure.py" table "$tmp/pull" crane $((blob_mib * 1048576))
finish
