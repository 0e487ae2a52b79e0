#!/usr/bin/env python3
"""Puts small images into a registry: each a configuration and three layers of its own, a few kilobytes each.

small-images.py REGISTRY_URL REPOSITORY COUNT [PLATFORMS]
    tags them v1 to vCOUNT; with PLATFORMS each is an index of so many such images, each with an SBOM and another document attached
"""

import hashlib
import json
import random
import sys
import urllib.parse
import urllib.request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"


def main(registry: str, repository: str, count: str, platforms: str = "0") -> None:
    base = f"{registry}/v2/{repository}"

    def ask(method: str, url: str, body: bytes, media_type: str) -> urllib.request.addinfourl:
        request = urllib.request.Request(url, body, {"content-type": media_type}, method=method)
        return urllib.request.urlopen(request)

    def described(media_type: str, content: bytes) -> dict:
        return {"mediaType": media_type, "digest": "sha256:" + hashlib.sha256(content).hexdigest(), "size": len(content)}

    def blob(media_type: str, content: bytes) -> dict:
        descriptor = described(media_type, content)
        upload = ask("POST", f"{base}/blobs/uploads/", b"", "application/octet-stream").headers["location"]
        where = f"{urllib.parse.urljoin(registry, upload)}&digest={descriptor['digest']}"
        ask("PUT", where, content, "application/octet-stream")
        return descriptor

    def put(manifest: dict, tag: str = "") -> dict:
        manifest = {"schemaVersion": 2, **manifest}
        content = json.dumps(manifest).encode()
        descriptor = described(manifest["mediaType"], content)
        ask("PUT", f"{base}/manifests/{tag or descriptor['digest']}", content, manifest["mediaType"])
        return descriptor

    same = random.Random(1)

    def image(number: str, tag: str = "") -> dict:
        config = json.dumps({"os": "linux", "architecture": "amd64", "number": number}).encode()
        layers = [blob("application/vnd.oci.image.layer.v1.tar+gzip", same.randbytes(5000)) for _ in range(3)]
        config = blob("application/vnd.oci.image.config.v1+json", config)
        return put({"mediaType": MANIFEST, "config": config, "layers": layers}, tag)

    def attach(subject: dict, media_type: str, text: str) -> None:
        config, layer = blob(EMPTY, b"{}"), blob(media_type, text.encode())
        put({"mediaType": MANIFEST, "artifactType": media_type, "config": config, "layers": [layer], "subject": subject})

    for number in range(1, int(count) + 1):
        if platforms == "0":
            image(str(number), f"v{number}")
            continue
        children = []
        for platform in range(int(platforms)):
            child = image(f"{number}.{platform}")
            attach(child, "application/spdx+json", json.dumps({"spdxVersion": "SPDX-2.3", "name": f"{number}.{platform}"}))
            attach(child, "text/plain", f"notes of {number}.{platform}")
            children.append({**child, "platform": {"os": "linux", "architecture": f"a{platform}"}})
        put({"mediaType": INDEX, "manifests": children}, f"v{number}")


if __name__ == "__main__":
    main(*sys.argv[1:])
