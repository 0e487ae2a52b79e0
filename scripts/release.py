#!/usr/bin/env python3
"""Signs what is published, by Cache itself, and verifies it. Needs the wheel, and git.

    release.py sign FOLDER FILE... --key RELEASE.key [--approver NAME]
    release.py verify FOLDER FILE... --key RELEASE.pub

`sign` packs the files as one OCI artifact in the layout FOLDER, makes the SBOM of the sources that are committed, signs the artifact
and attests the SBOM about it. `verify` says whether these very files are in it, signed by that key. A key is the path of a file or
env://NAME; the password is in COSIGN_PASSWORD. It asks at the terminal; with --approver a pipeline says whom it had asked.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import cache_guardian as cache

ROOT = Path(__file__).resolve().parents[1]
TITLE = "org.opencontainers.image.title"
SBOMS = {"cyclonedx": ("cyclonedx-1.6", "cache.cdx.json"), "spdx": ("spdx-2.3", "cache.spdx.json")}


def main() -> int:
    asked = arguments()
    image = f"oci:{asked.folder}:release"
    if asked.what == "verify":
        return verify(image, asked)
    pack(asked.folder, asked.files)
    return sign(image, asked)


def pack(folder: Path, files: list[Path]) -> None:
    """Each file is a layer with its name, as other tools that keep files in registries have it."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(media_type: str, content: bytes) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    oci = "application/vnd.oci.image."
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{oci}manifest.v1+json",
        "artifactType": "application/vnd.cache.release.v1",
        "config": blob("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [
            {**blob("application/octet-stream", file.read_bytes()), "annotations": {TITLE: file.name}} for file in files
        ],
    }
    named = {
        **blob(f"{oci}manifest.v1+json", json.dumps(manifest).encode()),
        "annotations": {"org.opencontainers.image.ref.name": "release"},
    }
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}), encoding="utf-8")


def sign(image: str, asked: argparse.Namespace) -> int:
    attach: list[cache.Attachment] = [{"kind": "signature"}]
    for kind, document in sboms(asked.folder).items():
        attach.append({"kind": "attestation", "type": kind, "path": str(document)})
    promoter = cache.Promoter(
        {
            "source": f"oci:{asked.folder}",
            "target": f"oci:{asked.folder}",
            "environment": "release",
            "signer": {"name": "release", "path": asked.key, "passwordEnv": "COSIGN_PASSWORD"},
        }
    )
    plan = promoter.plan_attaching({"image": image, "requester": "release", "attach": attach}).plan
    assert plan is not None, "a new artifact has no signature"
    if asked.approver:
        print(plan.render())
        approval = plan.approve_by_callback(lambda shown: {"decision": "approve", "approver": asked.approver})
    else:
        approval = plan.approve_on_terminal("release manager")
    receipt = promoter.execute(plan, [approval])
    print(receipt)
    return 0 if receipt.complete else 1


def sboms(beside: Path) -> dict[str, Path]:
    """Of the sources as they are committed, without what is built of them."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(Path(folder) / "cache")
        made = cache.Sbom.generate({"folder": str(Path(folder) / "cache")})
    documents = {kind: beside.parent / name for kind, (_, name) in SBOMS.items()}
    for kind, document in documents.items():
        document.write_bytes(made.write(SBOMS[kind][0])[0])
    return documents


def verify(image: str, asked: argparse.Namespace) -> int:
    keys: list[cache.TrustedKey] = [{"name": "release", "path": asked.key}]
    digest = cache.verify({"image": image, "trustedKeys": keys})["image"]["digest"]
    for kind in SBOMS:
        cache.verify({"image": image, "trustedKeys": keys, "attestation": kind})
    manifest = json.loads(cache.Registries().manifest(f"oci:{asked.folder}@{digest}"))
    signed = {layer["annotations"][TITLE]: layer["digest"] for layer in manifest["layers"]}
    for file in asked.files:
        found = f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
        if signed.get(file.name) != found:
            print(f"{file}: not the file that was signed", file=sys.stderr)
            return 1
        print(f"{file.name}: {found}, signed")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["sign", "verify"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--key", required=True)
    parser.add_argument("--approver")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cache.CacheError as error:
        sys.exit(f"error: {error}" + (f"\n  {error.hint}" if error.hint else ""))
