# shellcheck shell=bash
# Sourced by the scripts that compare: registries on loopback. It needs $bin with the peer $kind; or, where $kind is `own`, $ours
# with our registry, which keeps all in memory.

# What runs, by its process: each is ended once, as its number may be another's afterwards.
declare -A running=()

stop() {
  [ -n "$1" ] && [ -n "${running[$1]:-}" ] || return 0
  unset "running[$1]"
  { kill "$1" && wait "$1"; } 2>/dev/null || true
}

# begin_comparison NAME: a folder of its own, $tmp, which is gone at the end with all that runs. Nobody's credentials, settings or
# caches take part.
begin_comparison() {
  mkdir -p "${CACHE_BENCH_TMP:-$root/target}"
  tmp=$(mktemp -d "${CACHE_BENCH_TMP:-$root/target}/$1.XXXXXX")
  trap end_comparison EXIT
  trap 'exit 130' INT TERM
  export HOME=$tmp/home DOCKER_CONFIG=$tmp/home REGCTL_CONFIG=$tmp/home/regctl.json
  mkdir -p "$HOME"
}

end_comparison() {
  local pid
  for pid in "${!running[@]}"; do stop "$pid"; done
  rm -rf "$tmp"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_registry NAME: an empty registry of its own at a new port, in $started_host and $started_pid.
start_registry() {
  local dir=$tmp/$1
  started_host=127.0.0.1:$(free_port)
  rm -rf "$dir"
  mkdir -p "$dir"
  if [ "$kind" = own ]; then
    "$ours/registry" --port "${started_host#*:}" >"$dir.log" 2>&1 &
  else
    serve_peer "$dir" &
  fi
  # shellcheck disable=SC2034  # read by the scripts that source this one
  started_pid=$!
  running[$started_pid]=registry
  local tries
  for tries in {1..100}; do
    ! curl -sf -o /dev/null "http://$started_host/v2/" || return 0
    kill -0 "$started_pid" 2>/dev/null || break
    sleep 0.05
  done
  echo "$(basename "$0"): $kind did not start after $tries tries: $(tail -n 3 "$dir.log")" >&2
  return 1
}

serve_peer() {
  local dir=$1
  # No cache and no access log: a blob that was wiped is unknown, and logging costs nobody anything.
  cat >"$dir.yml" <<YAML
version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: "$dir"}}
http: {addr: "$started_host"}
YAML
  OTEL_TRACES_EXPORTER=none exec "$bin/$kind" serve "$dir.yml" >"$dir.log" 2>&1
}

# The program that has to be there for it.
registry_program() { if [ "$kind" = own ]; then echo "$ours/registry"; else echo "$bin/$kind"; fi; }

# The registry's name and version, for people.
registry_kind() {
  if [ "$kind" = own ]; then echo "our own, in memory"; else echo "$kind $("$bin/$kind" --version | awk '{print $NF}'), filesystem storage"; fi
}
