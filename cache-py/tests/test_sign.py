"""Keys; signing and attesting an image where it is; verifying what is attached to it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare

EXAMPLE = ROOT / "examples" / "python" / "sign.py"
PASSWORD = "correct horse"
AT = "2026-01-31T11:59:00Z"
SPDX = {
    "spdxVersion": "SPDX-2.3",
    "dataLicense": "CC0-1.0",
    "SPDXID": "SPDXRef-DOCUMENT",
    "name": "app",
    "documentNamespace": "https://example.com/app",
    "creationInfo": {"created": AT, "creators": ["Tool: test"]},
    "packages": [],
}
SIGNATURE: cache.Signature = {"kind": "signature", "annotations": {"env": "prod"}}


@pytest.fixture
def keys(prepare: Prepare) -> cache.KeyPair:
    """A folder with the unsigned image ``oci:source:v1``, and a new key that is in ``own.key``, encrypted."""
    prepare("promote-unsigned-blocked")
    made = cache.generate_key("p256", PASSWORD)
    Path("own.key").write_text(made["private"], encoding="utf-8")
    Path("own.pub").write_text(made["public"], encoding="utf-8")
    return made


def promoter(**signer: Any) -> cache.Promoter:
    config: cache.PromoterConfig = {
        "source": "oci:source",
        "target": "oci:source",
        "environment": "staging",
        "ledger": "ledger",
        "clock": "2026-01-31T12:00:00Z",
    }
    if signer:
        whole: Any = signer if "program" in signer else {"name": "own", "path": "own.key", **signer}
        config["signer"] = whole
    return cache.Promoter(config)


def attach(session: cache.Promoter, *attachments: cache.Attachment) -> str:
    wanted: cache.AttachRequest = {
        "image": "oci:source:v1",
        "requester": "pipeline",
        "attach": list(attachments),
    }
    outlook = session.plan_attaching(wanted)
    if outlook.plan is None:
        return outlook.state
    answer: cache.Answer = {"decision": "approve", "approver": "alice"}
    approval = outlook.plan.approve_by_callback(lambda asked: answer, at=AT)
    receipt = session.execute(outlook.plan, [approval])
    assert receipt.complete, receipt
    return outlook.state


def verified(**more: Any) -> cache.Verified:
    request: Any = {"image": "oci:source:v1", "trustedKeys": [{"name": "own", "path": "own.pub"}], **more}
    return cache.verify(request)


def test_a_number_that_would_be_signed_as_another_is_refused(keys: cache.KeyPair) -> None:
    own = "https://example.com/build/v1"
    for number in (2**53 + 1, -(2**53) - 1, 2**64 - 1):
        by_data: cache.Attestation = {"kind": "attestation", "type": own, "predicate": {"runs": [{"build": number}]}}
        text = json.dumps({"runs": [{"build": number}]})
        by_text: cache.Attestation = {"kind": "attestation", "type": own, "text": text}
        for attestation in (by_data, by_text):
            with pytest.raises(cache.Invalid, match="signed as another") as caught:
                attach(promoter(password=PASSWORD), attestation)
            assert caught.value.context["at"] == "runs[0].build"
            assert caught.value.hint == "write it as a text"
    kept: cache.Attestation = {"kind": "attestation", "type": own, "predicate": {"build": 2**53, "share": 2.0**64}}
    assert attach(promoter(password=PASSWORD), kept) == "ready"
    (found,) = verified(attestation=own)["statements"]
    assert found["value"]["predicate"] == {"build": 2**53, "share": 2.0**64}


def test_what_is_no_sbom_is_not_attached_as_one(keys: cache.KeyPair) -> None:
    wrong: Any = {"kind": "sbom", "mediaType": "application/spdx+json", "text": "<html>502 Bad Gateway</html>"}
    with pytest.raises(cache.Invalid):
        attach(promoter(password=PASSWORD), wrong)
    right: Any = {**wrong, "text": json.dumps(SPDX)}
    assert attach(promoter(password=PASSWORD), right) == "ready"


def test_a_key_of_each_kind_is_made() -> None:
    kinds: list[cache.KeyKind] = ["p256", "p384", "p521", "rsa2048", "ed25519"]
    for kind in kinds:
        plain, locked = cache.generate_key(kind), cache.generate_key(kind, PASSWORD)
        assert plain["private"].startswith("-----BEGIN PRIVATE KEY-----")
        assert locked["private"].startswith("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----")
        assert plain["public"].startswith("-----BEGIN PUBLIC KEY-----") and plain["public"] != locked["public"]
    with pytest.raises(cache.Invalid, match="dsa"):
        cache.generate_key("dsa")  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["bundle", "cosign-tag"])
def test_an_image_is_signed_where_it_is_and_verifies(keys: cache.KeyPair, form: cache.Form) -> None:
    with pytest.raises(cache.Untrusted, match="no signature"):
        verified()
    signature: cache.Signature = {**SIGNATURE, "form": form}
    assert attach(promoter(password=PASSWORD), signature) == "ready"
    seen = verified()
    (signed,) = seen["signatures"]
    assert signed["value"] == {"annotations": {"env": "prod"}}
    assert signed["found"] == ("referrer" if form == "bundle" else "cosign tag")
    assert signed["about"] == seen["image"]["digest"]
    assert signed["by"] is not None and signed["by"]["name"] == "own"
    assert attach(promoter(password=PASSWORD), signature) == "nothing"


def test_the_password_may_be_in_the_environment(keys: cache.KeyPair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_PASSWORD", PASSWORD)
    monkeypatch.setenv("OWN_KEY", keys["private"])
    assert attach(promoter(path="env://OWN_KEY", passwordEnv="OWN_PASSWORD"), SIGNATURE) == "ready"
    assert len(verified()["signatures"]) == 1


def test_a_wrong_password_is_an_error_that_does_not_show_it(keys: cache.KeyPair) -> None:
    for wrong in ("battery staple", ""):
        with pytest.raises(cache.Denied, match="password") as caught:
            promoter(password=wrong)
        shown = f"{caught.value!r} {caught.value.context} {caught.value.causes} {caught.value.hint}"
        assert "battery" not in shown and keys["private"].splitlines()[1] not in shown
    with pytest.raises(cache.Unsupported) as without:
        promoter(name="own")
    assert "password" in (without.value.hint or "")
    with pytest.raises(cache.Invalid) as number:
        promoter(password=53637)
    assert "53637" not in f"{number.value!r} {number.value.causes}"
    with pytest.raises(cache.NotFound, match="variable"):
        promoter(passwordEnv="CACHE_NO_SUCH_VARIABLE")


def test_attestations_are_found_by_type(keys: cache.KeyPair) -> None:
    Path("sbom.json").write_text(json.dumps(SPDX), encoding="utf-8")
    own = "https://example.com/review/v1"
    attestations: list[cache.Attestation] = [
        {"kind": "attestation", "type": "spdx", "path": "sbom.json"},
        {"kind": "attestation", "type": own, "predicate": {"ok": True}, "form": "cosign-tag"},
    ]
    assert attach(promoter(password=PASSWORD), *attestations) == "ready"
    (sbom,) = verified(attestation="spdx")["statements"]
    assert sbom["value"] == {"predicateType": "https://spdx.dev/Document", "predicate": SPDX}
    (review,) = verified(attestation=own)["statements"]
    assert (review["value"]["predicate"], review["found"]) == ({"ok": True}, "cosign tag")
    # An attestation is no signature, and one of another type is not the one that is asked for.
    with pytest.raises(cache.Untrusted):
        verified()
    with pytest.raises(cache.Untrusted) as caught:
        verified(attestation="vuln")
    assert "vuln" in caught.value.context["type"]
    wrong: list[cache.Attestation] = [
        {"kind": "attestation", "type": "spdx", "text": "{}"},
        {"kind": "attestation", "type": "spdx"},
        {"kind": "attestation", "type": "no kind", "text": "{}"},
        {"kind": "attestation", "type": own, "text": "{}", "predicate": {}},
    ]
    for attestation in wrong:
        with pytest.raises(cache.Invalid):
            attach(promoter(password=PASSWORD), attestation)


def test_what_is_tampered_with_or_by_a_stranger_does_not_verify(keys: cache.KeyPair) -> None:
    assert attach(promoter(password=PASSWORD), {**SIGNATURE, "form": "cosign-tag"}) == "ready"
    Path("stranger.pub").write_text(cache.generate_key()["public"], encoding="utf-8")
    with pytest.raises(cache.Untrusted) as caught:
        verified(trustedKeys=[{"name": "stranger", "path": "stranger.pub"}])
    assert "signature" in caught.value.context["problem"]
    # The bytes of the payload, changed where they lie.
    changed = 0
    for blob in Path("source/blobs/sha256").iterdir():
        if b"cosign container image signature" in blob.read_bytes():
            blob.write_bytes(blob.read_bytes().replace(b"prod", b"test"))
            changed += 1
    assert changed == 1
    with pytest.raises(cache.CacheError) as broken:
        verified()
    assert broken.value.kind == "UNTRUSTED", broken.value
    with pytest.raises(cache.Invalid, match="nobody is trusted"):
        verified(trustedKeys=[])


def test_everything_has_an_async_pair(keys: cache.KeyPair) -> None:
    session = promoter(password=PASSWORD)

    async def main() -> cache.Verified:
        wanted: cache.AttachRequest = {"image": "oci:source:v1", "requester": "p", "attach": [SIGNATURE]}
        plan = (await session.plan_attaching_async(wanted)).plan
        assert plan is not None
        approval = plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": "a"}, at=AT)
        assert (await session.execute_async(plan, [approval])).complete
        trusted: list[cache.TrustedKey] = [{"name": "own", "pem": keys["public"]}]
        return await cache.verify_async({"image": "oci:source:v1", "trustedKeys": trusted})

    assert len(asyncio.run(main())["signatures"]) == 1


def test_nothing_is_signed_without_a_signer_or_an_approval(keys: cache.KeyPair) -> None:
    with pytest.raises(cache.Invalid, match="no signer"):
        attach(promoter(), SIGNATURE)
    session = promoter(password=PASSWORD)
    plan = session.plan_attaching({"image": "oci:source:v1", "requester": "p", "attach": [SIGNATURE]}).plan
    assert plan is not None and "sign" in plan.render()
    with pytest.raises(cache.Unapproved):
        session.execute(plan, [])


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("openssl") is None, reason="the program is a script around openssl"
)
def test_another_program_signs(keys: cache.KeyPair) -> None:
    plain = cache.generate_key()
    Path("kms.key").write_text(plain["private"], encoding="utf-8")
    Path("kms.pub").write_text(plain["public"], encoding="utf-8")
    script = f"""#!{sys.executable}
import base64, json, subprocess, sys
asked = json.load(sys.stdin)
if asked["operation"] == "public-key":
    print(json.dumps({{"publicKey": open(sys.argv[1] + ".pub").read()}}))
else:
    message = base64.b64decode(asked["message"])
    command = ["openssl", "dgst", "-sha256", "-sign", sys.argv[1] + ".key"]
    signature = subprocess.run(command, input=message, capture_output=True, check=True).stdout
    print(json.dumps({{"signature": base64.b64encode(signature).decode()}}))
"""
    program = Path("kms").resolve()
    program.write_text(script, encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert attach(promoter(name="kms", program=str(program), arguments=["kms"]), SIGNATURE) == "ready"
    seen = verified(trustedKeys=[{"name": "kms", "path": "kms.pub"}])
    assert len(seen["signatures"]) == 1
    with pytest.raises(cache.NotFound):
        attach(promoter(program=str(program.with_name("none"))), SIGNATURE)


def test_the_example_makes_a_key_signs_attests_and_verifies(keys: cache.KeyPair) -> None:
    Path("sbom.json").write_text(json.dumps(SPDX), encoding="utf-8")

    def run(*words: str, password: str = PASSWORD) -> tuple[int, str]:
        environment = {**os.environ, "COSIGN_PASSWORD": password, "XDG_STATE_HOME": str(Path.cwd() / "state")}
        done = subprocess.run(
            [sys.executable, str(EXAMPLE), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    def approved(*words: str) -> None:
        code, shown = run(*words)
        assert code == 3 and "Plan sha256:" in shown, shown
        code, shown = run(*words, "--approve", shown.rsplit("--approve ", 1)[1].strip())
        assert code == 0 and "complete" in shown, shown

    assert run("key", "ed25519", "made", password="")[0] == 1
    assert run("key", "ed25519", "made")[0] == 0
    assert stat.S_IMODE(Path("made.key").stat().st_mode) & 0o077 == 0 or sys.platform == "win32"
    assert run("verify", "oci:source:v1", "--key", "made.pub")[0] == 1
    approved("image", "oci:source:v1", "--key", "made.key")
    attest = ("--key", "made.key", "--type", "spdx", "--predicate", "sbom.json")
    approved("attest", "oci:source:v1", *attest)
    assert run("attest", "oci:source:v1", *attest)[0] == 0
    code, shown = run("verify", "oci:source:v1", "--key", "made.pub")
    assert code == 0 and "signed by" in shown and "https://spdx.dev/Document" in shown, shown
    assert run("verify", "oci:source:v1", "--key", "made.pub", "--type", "spdx")[0] == 0
    assert run("verify", "oci:source:v1", "--key", "made.pub", "--type", "vuln")[0] == 1
    code, shown = run("image", "oci:source:v1", "--key", "made.key", password="battery staple")
    assert code == 1 and "battery" not in shown, shown


FILE = b"a file\n"
# Made by another program, over FILE.
FILE_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEM98SVJPwLyo/yi7RN/16KPs7nd4K
QZBN8Lkoz/LHzXgK+R6oqsZdySwhsT2Nm6Ud1D6kK1HpWcwO9LJiWRhaEg==
-----END PUBLIC KEY-----
"""
FILE_BUNDLE = {
    "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
    "verificationMaterial": {"publicKey": {"hint": ""}},
    "messageSignature": {
        "messageDigest": {"algorithm": "SHA2_256", "digest": "2mnyhvA8DSExs/la/nyNMbT2XL9cpJoSxB2L8C02ajQ="},
        "signature": "MEUCIFC0iSUTot3UdNHCYDSLldmOiu/I6EwHTS3my1fVfjzuAiEA3rcJaVMJJ/LsAcRcE/0fIX1WQnHUCHRkryE9k7AMhHs=",
    },
}


def test_a_file_is_verified_by_the_bundle_that_came_with_it(tmp_path: Path) -> None:
    file, bundle = tmp_path / "file.txt", tmp_path / "file.sigstore.json"
    file.write_bytes(FILE)
    bundle.write_text(json.dumps(FILE_BUNDLE), encoding="utf-8")
    request: cache.VerifyFileRequest = {"bundle": str(bundle), "trustedKeys": [{"name": "own", "pem": FILE_KEY}]}
    digest = f"sha256:{hashlib.sha256(FILE).hexdigest()}"
    verified = cache.verify_file({**request, "file": str(file)})
    assert (verified["digest"], verified["accepted"], verified["provenAt"]) == (digest, ["own"], None)
    assert verified["by"]["kind"] == "key"
    assert cache.verify_file({**request, "bundle": json.dumps(FILE_BUNDLE), "digest": digest}) == verified
    stranger: list[cache.TrustedKey] = [{"name": "stranger", "pem": cache.generate_key()["public"]}]
    with pytest.raises(cache.Untrusted):
        cache.verify_file({**request, "file": str(file), "trustedKeys": stranger})
    with pytest.raises(cache.Invalid, match="nobody is trusted"):
        cache.verify_file({**request, "file": str(file), "trustedKeys": []})
    with pytest.raises(cache.Invalid, match="either"):
        cache.verify_file(request)
    with pytest.raises(cache.NotFound):
        cache.verify_file({**request, "file": str(tmp_path / "absent")})
    file.write_bytes(b"another file\n")
    with pytest.raises(cache.Untrusted, match=r"file\.txt"):
        cache.verify_file({**request, "file": str(file)})
