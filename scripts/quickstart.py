#!/usr/bin/env python3
"""Prepares what docs/quickstart.md begins with, in a folder: the image that Docker saved, the page's policy and its programs.

    scripts/quickstart.py FOLDER
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
import tarfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "quickstart.md"
FILES = {"yaml": "policy.yaml", "python": "first.py", "js": "first.mjs"}


def archive(file: Path, files: dict[str, bytes]) -> bytes:
    with tarfile.open(file, "w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file.read_bytes()


def image(file: Path) -> None:
    """As ``docker save`` of before version 25 writes an image with one layer, of one npm package."""
    package = {"app/node_modules/lodash/package.json": b'{"name": "lodash", "version": "4.17.21"}'}
    layer = archive(file, package)
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
    config = {"architecture": "amd64", "os": "linux", "rootfs": rootfs}
    manifest = [{"Config": "config.json", "RepoTags": ["app:v1"], "Layers": ["layer.tar"]}]
    documents = {"config.json": json.dumps(config).encode(), "manifest.json": json.dumps(manifest).encode()}
    archive(file, {**documents, "layer.tar": layer})


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    image(folder / "app.tar")
    for language, content in re.findall(r"^```(\w+)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        if language in FILES:
            (folder / FILES[language]).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
