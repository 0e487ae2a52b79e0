#!/usr/bin/env python3
"""An OCI layout with the one image of a docker archive, under the tag `v1`: layout.py ARCHIVE FOLDER."""
import hashlib
import json
import pathlib
import sys
import tarfile

KIND = "application/vnd.oci.image."


def main(archive, folder):
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def put(content, kind):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": KIND + kind, "digest": f"sha256:{digest}", "size": len(content)}

    with tarfile.open(archive) as files:
        def read(name):
            return files.extractfile(name).read()

        image = json.loads(read("manifest.json"))[0]
        config = put(read(image["Config"]), "config.v1+json")
        layers = [put(read(layer), "layer.v1.tar") for layer in image["Layers"]]
    manifest = {"schemaVersion": 2, "mediaType": KIND + "manifest.v1+json", "config": config, "layers": layers}
    root = put(json.dumps(manifest).encode(), "manifest.v1+json")
    root["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [root]}))
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
