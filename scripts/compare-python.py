#!/usr/bin/env python3
"""Reads SBOMs with Cache and with the libraries that a Python user would pick, and prints medians and ratios.

compare-python.py FOLDER   with spdx.json and cyclonedx.json
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cache_guardian as cache
from cyclonedx.model.bom import Bom
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser

ROUNDS = 5


def median(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return statistics.median(once() for _ in range(rounds))


def main() -> None:
    folder = Path(sys.argv[1])
    spdx, cyclonedx = (folder / "spdx.json").read_bytes(), (folder / "cyclonedx.json").read_bytes()
    peers: list[tuple[str, str, bytes, Callable[[], object]]] = [
        ("spdx.json", "spdx-tools", spdx, lambda: JsonLikeDictParser().parse(json.loads(spdx))),
        ("cyclonedx.json", "cyclonedx-python-lib", cyclonedx, lambda: Bom.from_json(json.loads(cyclonedx))),
    ]
    print("| document | library | seconds | times Cache |")
    print("|---|---|---:|---:|")
    for document, peer, content, work in peers:
        own = median(lambda: cache.Sbom.parse(content), 20)
        theirs = median(work)
        print(f"| {document} | Cache | {own:.4f} | 1 |")
        print(f"| {document} | {peer} | {theirs:.4f} | {theirs / own:.0f} |")


if __name__ == "__main__":
    main()
