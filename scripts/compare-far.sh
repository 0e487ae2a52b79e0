#!/usr/bin/env bash
# Registries far away: small images of one and of several platforms, with what is attached to them, between two registries to which
# each question takes its time. Prints Markdown tables: medians, and ratios to the peer that takes along as much as we do.
#
#   scripts/compare-far.sh [ROUNDS]       (default 5)
#   CACHE_BENCH_MILLISECONDS=40           how long a question and its answer are on their way
#   CACHE_BENCH_REGISTRY=own|distribution   what the images are in, default our own, in memory
#
# Run `scripts/peers.sh` before. Our own part is target/release/examples/{copy,registry}. crane copies no referrers.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/registries.sh
. "$root/scripts/registries.sh"

rounds=${1:-5}
way=${CACHE_BENCH_MILLISECONDS:-40}
kind=${CACHE_BENCH_REGISTRY:-own}
bin=$root/target/peers/bin
ours=$root/target/release/examples

for need in "$bin/crane" "$bin/regctl" "$bin/oras" "$(registry_program)" "$ours/copy" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison of what is far" "no $need"; finish; exit 0; }
done

begin_comparison compare-far

# far HOST NAME: what is at the end of a long way to HOST; in $far_host and $far_pid.
far() {
  rm -f "$tmp/$2.port"
  "$root/scripts/far.py" "$1" "$way" >"$tmp/$2.port" &
  far_pid=$!
  running[$far_pid]=far
  for _ in {1..100}; do
    [ ! -s "$tmp/$2.port" ] || break
    sleep 0.05
  done
  far_host=127.0.0.1:$(cat "$tmp/$2.port")
}

copy_with() {
  local from=$source/$1:v1 to=$target/$1:v1
  case $tool in
    crane) set -- "$bin/crane" copy "$from" "$to" ;;
    regctl) set -- "$bin/regctl" --host "reg=$source,tls=disabled" --host "reg=$target,tls=disabled" \
      image copy --referrers --digest-tags "$from" "$to" ;;
    oras) set -- "$bin/oras" cp -r --from-plain-http --to-plain-http "$from" "$to" ;;
    cache) set -- "$ours/copy" "docker://$from" "docker://$to" ;;
  esac
  python3 "$root/scripts/measure.py" run "$table" "$tool" "$@"
}

start_registry source
"$root/scripts/small-images.py" "http://$started_host" one/app 1
"$root/scripts/small-images.py" "http://$started_host" many/app 1 8
far "$started_host" here
source=$far_host

echo "Registries: 2 x $(registry_kind), plain HTTP, $way ms away."
echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
for image in one many; do
  table=$tmp/$image
  for ((round = 0; round <= rounds; round++)); do
    # The first round only warms caches up and is thrown away.
    [ "$round" != 1 ] || rm "$table"
    for tool in crane regctl oras cache; do
      start_registry target
      target_pid=$started_pid
      far "$started_host" there
      target=$far_host
      copy_with "$image/app"
      stop "$far_pid"
      stop "$target_pid"
    done
  done
  echo
  case $image in
    one) echo "An image of one manifest and four blobs:" ;;
    many) echo "An index of eight such images, with two documents attached to each (25 manifests, 48 blobs; crane: 9 manifests, 32 blobs):" ;;
  esac
  echo
  python3 "$root/scripts/measure.py" table "$table" regctl
done
finish
