#!/usr/bin/env python3
"""Puts small images into a registry: each a configuration and three layers of its own, a few kilobytes each.

small-images.py REGISTRY_URL REPOSITORY COUNT       tags them v1 to vCOUNT
"""

import hashlib
import json
import random
import sys
import urllib.parse
import urllib.request


def main(registry: str, repository: str, count: str) -> None:
    base = f"{registry}/v2/{repository}"

    def ask(method: str, url: str, body: bytes, media_type: str) -> urllib.request.addinfourl:
        request = urllib.request.Request(url, body, {"content-type": media_type}, method=method)
        return urllib.request.urlopen(request)

    def blob(media_type: str, content: bytes) -> dict:
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        upload = ask("POST", f"{base}/blobs/uploads/", b"", "application/octet-stream").headers["location"]
        ask("PUT", f"{urllib.parse.urljoin(registry, upload)}&digest={digest}", content, "application/octet-stream")
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    same = random.Random(1)
    media_type = "application/vnd.oci.image.manifest.v1+json"
    for number in range(1, int(count) + 1):
        config = json.dumps({"os": "linux", "architecture": "amd64", "number": number}).encode()
        manifest = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "config": blob("application/vnd.oci.image.config.v1+json", config),
            "layers": [blob("application/vnd.oci.image.layer.v1.tar+gzip", same.randbytes(5000)) for _ in range(3)],
        }
        ask("PUT", f"{base}/manifests/v{number}", json.dumps(manifest).encode(), media_type)


if __name__ == "__main__":
    main(*sys.argv[1:])
