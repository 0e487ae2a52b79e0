"""Signing and approving without a key of one's own, against Sigstore's services of the conformance suite."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ALICE, ROOT, Prepare, Stated, raises_on_purpose, token

EXAMPLE = ROOT / "examples" / "python" / "sign.py"
CI = "https://ci.example.com/app/build.yml@refs/heads/main"
IMAGE = "oci:source:v1"


@pytest.fixture(autouse=True)
def image(prepare: Prepare) -> None:
    """A folder with the unsigned image ``oci:source:v1``."""
    prepare("promote-unsigned-blocked")


def services(sigstore: Stated) -> cache.Services:
    return {"signingConfig": sigstore["signingConfig"], "trustedRoot": sigstore["trustedRoot"]}


def sign(signer: Any, ask: cache.Token | None = None, **more: Any) -> cache.Receipt:
    config: Any = {"source": "oci:source", "target": "oci:source", "environment": "staging", "ledger": "ledger"}
    session = cache.Promoter(config | {"signer": signer} | more, token=ask)
    plan = session.plan_attaching({"image": IMAGE, "requester": "ci", "attach": [{"kind": "signature"}]}).plan
    assert plan is not None
    approval = plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": "alice"})
    receipt = session.execute(plan, [approval])
    assert receipt.complete, receipt
    return receipt


def verified(sigstore: Stated, subject: str = CI, issuer: str | None = None, **more: Any) -> cache.Verified:
    identity: Any = {"subject": subject, "issuer": issuer or sigstore["issuer"]}
    identity |= more
    who: cache.Signers = {"name": "ci", "identities": [identity], "demands": {"logs": 2, "timestamps": 1}}
    return cache.verify({"image": IMAGE, "trustedSigners": [who], "trustedRoot": sigstore["trustedRoot"]})


def test_an_image_is_signed_keyless_and_verifies_for_this_identity_alone(sigstore: Stated) -> None:
    Path("token").write_text(token(sigstore, CI), encoding="ascii")
    sign({"keyless": {"file": "token"}, "services": services(sigstore)})
    (signed,) = verified(sigstore)["signatures"]
    assert signed["by"] == {"kind": "certificate", "subject": CI, "issuer": sigstore["issuer"]}
    pattern: Any = {"subjectRegexp": r"https://ci\.example\.com/app/.*", "issuer": sigstore["issuer"]}
    wanted: Any = {"image": IMAGE, "trustedRoot": sigstore["trustedRoot"]}
    assert cache.verify(wanted | {"trustedSigners": [{"name": "ci", "identities": [pattern]}]})["signatures"]
    for wrong in ({"subject": ALICE}, {"issuer": "https://id.other.example.com"}):
        with pytest.raises(cache.Untrusted):
            verified(sigstore, **wrong)
    part: Any = {"subjectRegexp": r"example\.com/app", "issuer": sigstore["issuer"]}
    with pytest.raises(cache.Untrusted):
        cache.verify(wanted | {"trustedSigners": [{"name": "ci", "identities": [part]}]})
    with pytest.raises(cache.Invalid, match="trusted root"):
        cache.verify({"image": IMAGE, "trustedSigners": [{"name": "ci", "identities": [pattern]}]})


def test_what_the_certificate_says_can_be_demanded(sigstore: Stated) -> None:
    said = {"repository": "https://git.example.com/team/app", "ref": "refs/heads/main"}
    sign({"keyless": {"token": token(sigstore, CI, **said)}, "services": services(sigstore)})
    claims = {"sourceRepositoryURI": said["repository"], "sourceRepositoryRef": said["ref"]}
    (signed,) = verified(sigstore, claims=claims)["signatures"]
    assert signed["by"] is not None and signed["by"]["claims"] == claims
    assert verified(sigstore, claimsRegexp={"sourceRepositoryRef": "refs/heads/.*"})["signatures"]
    for wrong in ({"sourceRepositoryRef": "refs/heads/dev"}, {"buildTrigger": "push"}):
        with pytest.raises(cache.Untrusted):
            verified(sigstore, claims=wrong)
    with pytest.raises(cache.Invalid, match="no claim"):
        verified(sigstore, claims={"ref": "refs/heads/main"})


def test_the_services_may_be_addresses(sigstore: Stated) -> None:
    config = json.loads(sigstore["signingConfig"])
    logs = [{"url": log["url"], "version": log["majorApiVersion"]} for log in config["rekorTlogUrls"]]
    addresses = {
        "fulcio": config["caUrls"][0]["url"],
        "rekor": logs,
        "tsa": [config["tsaUrls"][0]["url"]],
    }
    # The trusted root is the promoter's.
    signer = {"keyless": {"token": token(sigstore, CI)}, "services": addresses}
    sign(signer, trustedRoot=sigstore["trustedRoot"])
    assert len(verified(sigstore)["signatures"]) == 1
    with pytest.raises(cache.Invalid, match="there is none"):
        sign(signer)


@raises_on_purpose
@pytest.mark.parametrize("plain", [True, False])
def test_the_application_gives_tokens(sigstore: Stated, plain: bool) -> None:
    asked: list[str] = []

    def now(audience: str) -> str:
        asked.append(audience)
        return token(sigstore, CI)

    async def later(audience: str) -> str:
        await asyncio.sleep(0)
        return now(audience)

    sign({"keyless": "callback", "services": services(sigstore)}, now if plain else later)
    # Once for the name in the plan, and once for the signature.
    assert asked == ["sigstore", "sigstore"]
    assert len(verified(sigstore)["signatures"]) == 1

    def broken(audience: str) -> str:
        raise ValueError("no browser")

    with pytest.raises(cache.Unexpected, match="no browser"):
        sign({"keyless": "callback", "services": services(sigstore)}, broken)
    with pytest.raises(cache.Invalid, match="no function"):
        sign({"keyless": "callback", "services": services(sigstore)})
    with pytest.raises(cache.Invalid, match="asked by nobody"):
        sign({"keyless": "gitlab", "services": services(sigstore)}, now)


@pytest.fixture
def no_job(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that offers no identity token."""
    for name in ("SIGSTORE_ID_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("keyless", ["gitlab", "ambient", {"env": "SIGSTORE_ID_TOKEN"}])
def test_a_job_of_gitlab_is_who_it_is(sigstore: Stated, no_job: pytest.MonkeyPatch, keyless: Any) -> None:
    signer = {"keyless": keyless, "services": services(sigstore), "subject": CI, "issuer": sigstore["issuer"]}
    with pytest.raises(cache.NotFound):
        sign({"keyless": keyless, "services": services(sigstore)})
    no_job.setenv("SIGSTORE_ID_TOKEN", token(sigstore, CI))
    sign(signer)
    assert len(verified(sigstore)["signatures"]) == 1


def test_a_job_of_github_actions_is_who_it_is(sigstore: Stated, no_job: pytest.MonkeyPatch) -> None:
    class Provider(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers["authorization"] == "Bearer request-token" and self.path == "/t?v=1&audience=sigstore"
            body = json.dumps({"value": token(sigstore, CI)}).encode() if good else b"{}"
            self.send_response(200 if good else 403)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Provider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        no_job.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"http://127.0.0.1:{server.server_port}/t?v=1")
        no_job.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "request-token")
        sign({"keyless": "github-actions", "services": services(sigstore)})
        server.shutdown()
    assert len(verified(sigstore)["signatures"]) == 1


def test_a_key_with_services_is_in_the_logs(sigstore: Stated) -> None:
    for kind in ("p256", "ed25519"):
        made = cache.generate_key(kind)
        sign({"name": kind, "pem": made["private"], "prehashed": True, "services": services(sigstore)})
        key: cache.TrustedKey = {"name": kind, "pem": made["public"], "demands": {"logs": 2, "timestamps": 1}}
        wanted: cache.VerifyRequest = {"image": IMAGE, "trustedKeys": [key], "trustedRoot": sigstore["trustedRoot"]}
        assert len(cache.verify(wanted)["signatures"]) == 1
        key["demands"] = {"logs": 3}
        with pytest.raises(cache.Untrusted):
            cache.verify(wanted)


def test_a_token_is_in_no_message(sigstore: Stated) -> None:
    secret = token(sigstore, CI, aud="somebody else")
    with pytest.raises(cache.Denied) as caught:
        sign({"keyless": {"token": secret}, "services": services(sigstore)})
    errors: list[cache.CacheError] = [caught.value]
    for wrong in (secret, [secret], {"file": secret, "env": secret}, {"tokn": secret}):
        with pytest.raises(cache.Invalid) as refused:
            sign({"keyless": wrong, "services": services(sigstore)})
        errors.append(refused.value)
    for error in errors:
        shown = f"{error!r} {error.context} {error.causes} {error.hint}"
        assert secret not in shown and secret.split(".")[1] not in shown


def approver(sigstore: Stated) -> cache.Signer:
    return {"keyless": "callback", "services": services(sigstore)}


def test_a_plan_is_approved_keyless_on_another_machine(sigstore: Stated) -> None:
    key = cache.generate_key()
    who: Any = {"name": "alice", "identities": [{"subject": ALICE, "issuer": sigstore["issuer"]}]}
    config: Any = {"source": "oci:source", "target": "oci:source", "environment": "staging", "ledger": "ledger"}
    config["signer"] = {"name": "k", "pem": key["private"]}
    config["approval"] = {"accept": ["keyless"], "approvers": [who]}
    with pytest.raises(cache.Invalid, match="trusted root"):
        cache.Promoter(config)
    session = cache.Promoter(config | {"trustedRoot": sigstore["trustedRoot"]})
    plan = session.plan_attaching({"image": IMAGE, "requester": "ci", "attach": [{"kind": "signature"}]}).plan
    assert plan is not None

    def approve(subject: str, name: str = "alice") -> cache.Approval:
        elsewhere = cache.Plan.from_json(plan.json)
        answer: cache.Answer = {"decision": "approve", "approver": name}
        made = elsewhere.approve_by_signature(answer, approver(sigstore), token=lambda _: token(sigstore, subject))
        return cache.Approval.from_json(made.to_json())

    good = approve(ALICE)
    assert good.kind == "keyless" and good.approver == "alice"
    for wrong in (approve("https://people.example.com/mallory"), approve(ALICE, "bob")):
        with pytest.raises(cache.Unapproved):
            session.execute(plan, [wrong])
    bundle = json.loads(good.to_json())
    bundle["verificationMaterial"]["tlogEntries"] = []
    with pytest.raises(cache.Unapproved, match="transparency log"):
        session.execute(plan, [cache.Approval.from_json(json.dumps(bundle).encode())])
    assert session.execute(plan, [good]).complete
    with pytest.raises(cache.Unapproved):
        session.execute(plan, [good])


def test_keyless_has_async_pairs(sigstore: Stated) -> None:
    async def ask(audience: str) -> str:
        await asyncio.sleep(0)
        return token(sigstore, CI)

    async def main() -> str:
        config: Any = {"source": "oci:source", "target": "oci:source", "environment": "staging", "ledger": "ledger"}
        session = cache.Promoter(config | {"signer": approver(sigstore)}, token=ask)
        wanted: cache.AttachRequest = {"image": IMAGE, "requester": "p", "attach": [{"kind": "signature"}]}
        plan = (await session.plan_attaching_async(wanted)).plan
        assert plan is not None
        answer: cache.Answer = {"decision": "approve", "approver": "alice"}
        signed = await plan.approve_by_signature_async(answer, approver(sigstore), token=ask)
        assert signed.kind == "keyless"
        approval = plan.approve_by_callback(lambda asked: answer)
        assert (await session.execute_async(plan, [approval])).complete
        return await cache.refresh_trusted_root_async(sigstore["tuf"])

    assert asyncio.run(main()) == sigstore["trustedRoot"]
    assert len(verified(sigstore)["signatures"]) == 1


def test_the_trusted_root_comes_by_tuf(sigstore: Stated) -> None:
    wanted: Any = {**sigstore["tuf"], "folder": "tuf"}
    assert cache.refresh_trusted_root(wanted) == sigstore["trustedRoot"]
    assert Path("tuf/trusted_root.json").read_text(encoding="utf-8") == sigstore["trustedRoot"]
    Path("tuf/versions.json").write_text('{"timestamp":99,"snapshot":7,"targets":7}', encoding="utf-8")
    with pytest.raises(cache.Untrusted, match="older"):
        cache.refresh_trusted_root(wanted)
    with pytest.raises(cache.Untrusted, match="expired"):
        cache.refresh_trusted_root(wanted | {"folder": "other", "clock": "2090-01-01T00:00:00Z"})
    with pytest.raises(cache.Invalid):
        cache.refresh_trusted_root({"url": sigstore["tuf"]["url"], "root": "{}"})


def test_the_example_signs_and_verifies_keyless(sigstore: Stated) -> None:
    for name in ("signingConfig", "trustedRoot"):
        Path(f"{name}.json").write_text(sigstore[name], encoding="utf-8")
    Path("token").write_text(token(sigstore, CI), encoding="ascii")

    def run(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, str(EXAMPLE), *words],
            env={**os.environ, "XDG_STATE_HOME": str(Path.cwd() / "state")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr

    signer = ("--keyless", "token", "--services", "signingConfig.json", "--root", "trustedRoot.json")
    code, shown = run("image", IMAGE, *signer)
    assert code == 3 and CI in shown, shown
    code, shown = run("image", IMAGE, *signer, "--approve", shown.rsplit("--approve ", 1)[1].strip())
    assert code == 0 and "complete" in shown, shown
    whom = ("--issuer", sigstore["issuer"], "--root", "trustedRoot.json")
    code, shown = run("verify", IMAGE, "--subject", CI, *whom)
    assert code == 0 and f"signed by {CI}" in shown, shown
    assert run("verify", IMAGE, "--subject", ALICE, *whom)[0] == 1
