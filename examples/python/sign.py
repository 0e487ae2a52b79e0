#!/usr/bin/env python3
"""Makes keys, signs an image where it is, attests something about it, and verifies what is attached to it.

    python sign.py key KIND PREFIX                        writes PREFIX.key, encrypted, and PREFIX.pub
    python sign.py image REFERENCE --key PREFIX.key       signs
    python sign.py attest REFERENCE --key PREFIX.key --type spdx --predicate sbom.json
    python sign.py verify REFERENCE --key PREFIX.pub      says what verifies; --type asks for an attestation of this type

Without a key of one's own, --keyless ambient --services FILE --root FILE in the place of --key signs with the identity token of this
job (GitHub Actions, GitLab), --keyless PATH with the one in a file; the other two are a signing configuration and a trusted root of
Sigstore. Such signatures are verified with --subject WHO --issuer WHO --root FILE.

The password of keys is in the variable COSIGN_PASSWORD. It asks at the terminal before it writes; without one, --approve
PLAN_DIGEST is the answer. Exit codes: 0 done or nothing to do, 1 error, 3 not approved.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from pathlib import Path

import cache_guardian as cache


def main() -> int:
    asked = arguments()
    if asked.what == "key":
        return make_key(asked.kind, asked.prefix)
    if asked.what == "verify":
        return verify(asked)
    attachment: cache.Attachment = {"kind": "signature"}
    if asked.what == "attest":
        attachment = {"kind": "attestation", "type": asked.type, "path": asked.predicate}
    return attach(asked.image, signer(asked), attachment, asked.approve)


def make_key(kind: cache.KeyKind, prefix: str) -> int:
    password = os.environ.get("COSIGN_PASSWORD")
    if not password:
        print("error: COSIGN_PASSWORD is not set", file=sys.stderr)
        return 1
    made = cache.generate_key(kind, password)
    private = os.open(f"{prefix}.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(private, "w", encoding="ascii") as file:
        file.write(made["private"])
    Path(f"{prefix}.pub").write_text(made["public"], encoding="ascii")
    return 0


def signer(asked: argparse.Namespace) -> cache.Signer:
    if asked.keyless is None:
        return {"name": "key", "path": asked.key, "passwordEnv": "COSIGN_PASSWORD"}
    services: cache.Services = {"signingConfig": asked.services, "trustedRoot": asked.root}
    if asked.keyless == "ambient":
        return {"keyless": "ambient", "services": services}
    return {"keyless": {"file": asked.keyless}, "services": services}


def attach(image: str, signer: cache.Signer, attachment: cache.Attachment, digest: str | None) -> int:
    """Plans, has a person approve, and executes."""
    repository = image.partition("@")[0].rpartition(":")[0]
    promoter = cache.Promoter(
        {"source": repository, "target": repository, "environment": "here", "signer": signer}
    )
    plan = promoter.plan_attaching({"image": image, "requester": "the sign example", "attach": [attachment]}).plan
    if plan is None:
        print("Already so")
        return 0
    person = getpass.getuser()
    if digest is None and sys.stdin.isatty():
        approval = plan.approve_on_terminal(person)
    elif digest == plan.digest:
        approval = plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": person})
    else:
        print(f"{plan.render()}\nNot approved. Approve it with\n  --approve {plan.digest}")
        return 3
    receipt = promoter.execute(plan, [approval])
    print(receipt)
    return 0 if receipt.complete else 1


def verify(asked: argparse.Namespace) -> int:
    request: cache.VerifyRequest = {"image": asked.image}
    if asked.key:
        request["trustedKeys"] = [{"name": "key", "path": asked.key}]
    else:
        who: cache.Signers = {"name": "keyless", "identities": [{"subject": asked.subject, "issuer": asked.issuer}]}
        request["trustedSigners"], request["trustedRoot"] = [who], asked.root
    if asked.type:  # without one, a signature is asked for
        request["attestation"] = asked.type
    seen = cache.verify(request)
    for signed in seen["signatures"]:
        print(f"{signed['about']} signed by {name(signed)}, found as {signed['found']}")
    for stated in seen["statements"]:
        print(f"{stated['value']['predicateType']} about {stated['about']} by {name(stated)}")
    for problem in seen["problems"]:
        print(f"not counted: {problem['what']} {problem['digest']}: {problem['message']}")
    return 0


def name(attached: cache.Attached) -> str:
    by = attached["by"] or {"name": "nobody"}
    return str(by.get("subject", by.get("name")))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Signs, attests and verifies.")
    commands = parser.add_subparsers(dest="what", required=True)
    key = commands.add_parser("key")
    key.add_argument("kind", help="p256, p384, p521, rsa2048, rsa3072, rsa4096 or ed25519")
    key.add_argument("prefix")
    for what in ("image", "attest", "verify"):
        command = commands.add_parser(what)
        command.add_argument("image", help="such as docker://HOST/app:v1")
        who = command.add_mutually_exclusive_group(required=True)
        who.add_argument("--key", metavar="FILE")
        command.add_argument("--root", metavar="FILE", help="the trusted root")
        if what == "verify":
            who.add_argument("--subject", help="a keyless signer")
            command.add_argument("--issuer", help="who authenticates it")
        else:
            who.add_argument("--keyless", metavar="ambient|FILE", help="where the identity token is")
            command.add_argument("--services", metavar="FILE", help="the signing configuration")
        if what != "image":
            command.add_argument("--type", required=what == "attest", help="such as spdx, or a URI")
        if what == "attest":
            command.add_argument("--predicate", required=True, metavar="FILE")
        if what != "verify":
            command.add_argument("--approve", metavar="PLAN_DIGEST")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except cache.Unapproved as error:
        print(f"not approved: {error}", file=sys.stderr)
        sys.exit(3)
    except cache.CacheError as error:
        print(f"error: {error}" + (f"\n  {error.hint}" if error.hint else ""), file=sys.stderr)
        sys.exit(1)
