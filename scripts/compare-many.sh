#!/usr/bin/env bash
# Many small things on loopback: 100 small images promoted by one process of ours, beside 100 runs of crane; and a repository with
# 100,000 tags, listed and planned. Prints Markdown tables: medians, and ratios to crane.
#
#   scripts/compare-many.sh [ROUNDS]       (default 5)
#   CACHE_BENCH_IMAGES=100   CACHE_BENCH_TAGS=100000
#   CACHE_BENCH_REGISTRY=distribution|own     what the images are in, default distribution, which reads and writes its disk
#
# Run `scripts/peers.sh` before. Our own part is target/release/examples/{copy,many-tags,registry}: the tags are in our own registry,
# in memory, since distribution reads all of them from its disk for each page.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=scripts/registries.sh
. "$root/scripts/registries.sh"

rounds=${1:-5}
images=${CACHE_BENCH_IMAGES:-100}
tags=${CACHE_BENCH_TAGS:-100000}
kind=${CACHE_BENCH_REGISTRY:-distribution}
bin=$root/target/peers/bin
ours=$root/target/release/examples

for need in "$bin/crane" "$(registry_program)" "$ours/copy" "$ours/many-tags" "$ours/registry" /usr/bin/time; do
  [ -e "$need" ] || { absent "comparison of many" "no $need"; finish; exit 0; }
done

begin_comparison compare-many
target_pid=''

copy_with() {
  case $1 in
    crane)
      # shellcheck disable=SC2016  # the inner shell has the variables
      set -- sh -c 'for n in $(seq "$4"); do "$1" copy "$2/dev/app:v$n" "$3/prod/app:v$n"; done' sh "$bin/crane" "$source" \
        "$target" "$images"
      ;;
    cache)
      local n pairs=()
      for ((n = 1; n <= images; n++)); do pairs+=("docker://$source/dev/app:v$n" "docker://$target/prod/app:v$n"); done
      set -- "$ours/copy" "${pairs[@]}"
      ;;
  esac
  python3 "$root/scripts/measure.py" run "$tmp/copy" "$tool" "$@"
  local last=v$images
  [ "$("$bin/crane" digest "$target/prod/app:$last")" = "$("$bin/crane" digest "$source/dev/app:$last")" ] \
    || { echo "compare-many.sh: $tool left $last behind" >&2; return 1; }
}

start_registry source
source=$started_host
"$root/scripts/small-images.py" "http://$source" dev/app "$images"

echo "Registries: 2 x $(registry_kind), plain HTTP on loopback."
echo "Machine: $(nproc) cores,$(sed -n 's/^model name[^:]*://p' /proc/cpuinfo | head -n 1); load before: $(cut -d ' ' -f 1-3 /proc/loadavg)."
echo
echo "$images small images: $images runs of crane, one process of ours; target emptied before each:"
echo
for ((round = 0; round <= rounds; round++)); do
  # The first round only warms caches up and is thrown away.
  [ "$round" != 1 ] || rm "$tmp/copy"
  for tool in crane cache; do
    stop "$target_pid"
    start_registry target
    target_pid=$started_pid target=$started_host
    sync
    copy_with "$tool"
  done
done
python3 "$root/scripts/measure.py" table "$tmp/copy" crane
stop "$target_pid"

"$ours/registry" --tags "$tags" >"$tmp/host" &
running[$!]=tags
for _ in {1..600}; do
  [ ! -s "$tmp/host" ] || break
  sleep 0.1
done
many=$(cat "$tmp/host")/many/app
echo
echo "A repository of $tags tags, in memory (our registry). crane lists them; ours lists them and plans a promotion, or a clean-up:"
echo
for ((round = 0; round <= rounds; round++)); do
  [ "$round" != 1 ] || rm "$tmp/tags"
  python3 "$root/scripts/measure.py" run "$tmp/tags" crane-ls "$bin/crane" ls --insecure "$many"
  python3 "$root/scripts/measure.py" run "$tmp/tags" promotion "$ours/many-tags" promote "docker://$many:v1"
done
# A clean-up asks what each tag names: that is as many requests as there are tags, and takes its time.
python3 "$root/scripts/measure.py" run "$tmp/tags" clean-up "$ours/many-tags" clean "docker://$many"
python3 "$root/scripts/measure.py" table "$tmp/tags" crane-ls
echo
"$ours/many-tags" promote "docker://$many:v1"
finish
