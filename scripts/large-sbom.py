#!/usr/bin/env python3
"""Makes a large SBOM of a smaller one: its elements again and again, each time under other names.

large-sbom.py DOCUMENT BYTES OUT   DOCUMENT is SPDX 2 or CycloneDX as JSON; OUT is at least BYTES long
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# The members that name an element, by the list that they stand in.
NAMES = {
    "packages": ("SPDXID", "name"),
    "files": ("SPDXID", "fileName"),
    "relationships": ("spdxElementId", "relatedSpdxElement"),
    "components": ("bom-ref", "name"),
    "dependencies": ("ref", "dependsOn"),
}


def renamed(value: Any, number: int) -> Any:
    """An id, a name or a list of ids in its copy of this number."""
    if isinstance(value, list):
        return [renamed(item, number) for item in value]
    return value if value == "SPDXRef-DOCUMENT" else f"{value}-{number}"


def purl(text: str, number: int) -> str:
    """The purl of a copy: the name ends before the version."""
    name, mark, version = text.rpartition("@")
    return f"{name}-{number}{mark}{version}" if mark else f"{text}-{number}"


def copied(item: dict[str, Any], names: tuple[str, ...], number: int) -> dict[str, Any]:
    item = {member: renamed(value, number) if member in names else value for member, value in item.items()}
    if "purl" in item:
        item["purl"] = purl(item["purl"], number)
    if "externalRefs" in item:
        item["externalRefs"] = [
            {**reference, "referenceLocator": purl(reference["referenceLocator"], number)}
            if reference["referenceType"] == "purl"
            else reference
            for reference in item["externalRefs"]
        ]
    return item


def main() -> None:
    source, size, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    document = json.loads(source.read_bytes())
    copies = -(-size // source.stat().st_size)
    with out.open("w", encoding="utf-8") as text:
        for at, (member, value) in enumerate(document.items()):
            text.write(f"{',' if at else '{'}{json.dumps(member)}:")
            if member not in NAMES:
                json.dump(value, text, ensure_ascii=False, separators=(",", ":"))
                continue
            for number in range(copies):
                items = [copied(item, NAMES[member], number) for item in value]
                part = json.dumps(items, ensure_ascii=False, separators=(",", ":"))
                text.write(("," if number else "[") + part[1:-1])
            text.write("]")
        text.write("}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main()
