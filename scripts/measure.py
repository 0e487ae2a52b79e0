#!/usr/bin/env python3
"""Times whole processes for compare.sh, and prints the medians.

measure.py run FILE NAME COMMAND...   runs COMMAND and appends "name wall cpu peak" to FILE
measure.py table FILE BASE [BYTES]    prints a Markdown table; ratios are to BASE, and GB/s where BYTES are given
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time


def run(path: str, name: str, command: list[str]) -> int:
    # A child starts with the peak of the process that forked it. /usr/bin/time is tiny and Python is not.
    with tempfile.NamedTemporaryFile("r") as peak:
        wrapped = ["/usr/bin/time", "--quiet", "-o", peak.name, "-f", "%M", *command]
        start = time.perf_counter()
        child = subprocess.Popen(wrapped, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        complaint = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        if code := os.waitstatus_to_exitcode(status):
            sys.stderr.write(f"{name} exited with {code}: {complaint.decode(errors='replace')[-500:]}\n")
            return 1
        with open(path, "a", encoding="utf-8") as out:
            # Reaped descendants are included, so this is the command's CPU plus a millisecond of the wrapper's.
            print(name, wall, usage.ru_utime + usage.ru_stime, int(peak.read()) / 1024, file=out)
    return 0


def table(path: str, base: str, size: int | None) -> None:
    runs: dict[str, list[list[float]]] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            name, *figures = line.split()
            runs.setdefault(name, []).append([float(figure) for figure in figures])
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
    wall_base, cpu_base, _ = medians[base]
    rate = "GB/s | " if size else ""
    print(f"| tool | runs | wall s (min-max) | CPU s | peak MiB | {rate}wall / {base} | CPU / {base} |")
    print("|---|" + "---:|" * (7 if size else 6))
    for name, (wall, cpu, peak) in medians.items():
        walls = [row[0] for row in runs[name]]
        rate = f"{size / wall / 1e9:.2f} | " if size else ""
        print(
            f"| {name} | {len(walls)} | {wall:.3f} ({min(walls):.3f}-{max(walls):.3f}) | {cpu:.3f} | {peak:.1f} "
            f"| {rate}{wall / wall_base:.2f} | {cpu / cpu_base:.2f} |"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", path, name, *command] if command:
            sys.exit(run(path, name, command))
        case ["table", path, base, *size]:
            table(path, base, int(size[0]) if size else None)
        case _:
            sys.exit(__doc__)
