#!/usr/bin/env python3
"""Many records out of few: OSV's archives again and again, each time under other names.

    multiply.py FOLDER OUT COUNT
"""

import json
import sys
import zipfile
from pathlib import Path


def main(folder: Path, out: Path, count: int) -> None:
    archives = {}
    for path in sorted(folder.glob("*/all.zip")):
        with zipfile.ZipFile(path) as file:
            archives[path.parent.name] = [json.loads(file.read(name)) for name in sorted(file.namelist())]
    times = -(-count // sum(len(records) for records in archives.values()))
    for ecosystem, records in archives.items():
        (out / ecosystem).mkdir(parents=True)
        with zipfile.ZipFile(out / ecosystem / "all.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            for time in range(times):
                for record in records:
                    again = record
                    if time:
                        again = {**record, "id": f"{record['id']}-{time}", "aliases": [], "affected": []}
                        for affected in record.get("affected", []):
                            package = affected.get("package", {})
                            renamed = {**package, "name": f"{package.get('name', '')}-{time}"}
                            again["affected"].append({**affected, "package": renamed})
                    file.writestr(f"{again['id']}.json", json.dumps(again))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
