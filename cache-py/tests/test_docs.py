"""What the documentation shows works, and what it points to is there."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ALICE, ROOT, SECRET, Prepare, Stated, asked, press, token
from test_sign import SPDX

SKIPPED = {"target", "node_modules"}
PAGES = [page for page in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(page.relative_to(ROOT).parts)]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def test_each_program_is_run() -> None:
    """The tests below and of the commands run so many; a new one wants a test as well."""
    shown = {page.relative_to(ROOT).as_posix(): len(blocks(page, "python")) for page in PAGES}
    assert {page: count for page, count in shown.items() if count} == {
        "cache-py/README.md": 1,
        "docs/approval.md": 3,
        "docs/quickstart.md": 1,
        "docs/registries.md": 2,
        "docs/signing.md": 1,
    }


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings, and those that are written out."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return made | set(re.findall(r'<a id="([^"]+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} is not there"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{link} names no heading"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "yaml")], ids=lambda page: page.name)
def test_policies_are_read(page: Path, prepare: Prepare) -> None:
    prepare("promote-signed")
    for policy in blocks(page, "yaml"):
        config: cache.PromoterConfig = {"source": "oci:source", "target": "oci:target", "environment": "staging"}
        try:
            cache.Promoter({**config, "policy": policy})
        except cache.Invalid as error:
            # Read, and found to lack what no page of documentation can have.
            assert "trusted root" in str(error), f"{policy}\n{error}"


def test_registries_are_looked_at_as_shown(prepare: Prepare) -> None:
    prepare("promote-signed")
    Path("images").symlink_to("source")
    for block in blocks(ROOT / "docs" / "registries.md", "python"):
        exec(block, {"cache": cache})


def test_the_first_promotion_of_the_readme_is_approved_at_a_terminal(prepare: Prepare) -> None:
    policy = prepare("promote-signed")["promoter"]["policy"]
    Path("policy.yaml").write_text(policy, encoding="utf-8")
    Path("dev").symlink_to("source")
    Path("release.pub").symlink_to("keys/release.pub")
    [program] = blocks(ROOT / "cache-py" / "README.md", "python")
    # The image of the scenario has no SBOM and no report, which the strict default would demand.
    program = program.replace('"trustedKeys"', '"policy": "policy.yaml", "trustedKeys"')
    environment = {**os.environ, "XDG_STATE_HOME": str(Path.cwd() / "state")}
    command = [sys.executable, str(ROOT / "scripts" / "at-terminal.py"), sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert cache.Registries().digest("oci:staging:v1") == cache.Registries().digest("oci:dev:v1")


def test_a_story_is_told_as_shown(prepare: Prepare, capsys: pytest.CaptureFixture[str]) -> None:
    prepare("promote-signed")
    Path("release.pub").symlink_to("keys/release.pub")
    shown = re.findall(r"^    ((?:story =|print\().*)$", (ROOT / "docs" / "story.md").read_text(encoding="utf-8"), re.M)
    assert len(shown) == 2
    exec("\n".join(shown).replace("docker://HOST/prod/app:v1", "oci:source:v1"), {"cache_guardian": cache})
    assert capsys.readouterr().out.startswith("# The story of oci:source:v1")


def test_a_journal_is_verified_as_shown(prepare: Prepare, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = prepare("promote-signed")
    Path("release.pub").symlink_to("keys/release.pub")
    promoter = cache.Promoter(scenario["promoter"])
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    assert promoter.execute(plan, [cache.Approval.from_json(Path("approval.json").read_bytes())]).complete
    [block] = [block for block in blocks(ROOT / "docs" / "approval.md", "python") if "verify_journal" in block]
    exec(block, {"cache_guardian": cache, "promoter": promoter, "plan": plan, "image": "oci:target:v1"})
    lines = len(plan.data["changes"]) + 2
    assert capsys.readouterr().out.endswith(f" of {lines} lines are held by the record\n")


def test_people_are_asked_as_shown(prepare: Prepare, chat: tuple[str, Queue[dict[str, Any]]]) -> None:
    url, seen = chat
    scenario = prepare("promote-signed")
    config: Any = {**scenario["promoter"], "approval": {"accept": ["webhook"]}}
    # What a chat answers is answered now.
    del config["clock"]
    promoter = cache.Promoter(config)
    plan = promoter.plan(scenario["request"]).plan
    assert plan is not None
    names: dict[str, Any] = {"AnswerDesk": cache.AnswerDesk, "promoter": promoter, "plan": plan}
    # Nobody is woken: somebody answers before.
    names |= {"secret": SECRET, "webhook": url, "key": "unused"}
    [block] = [block for block in blocks(ROOT / "docs" / "approval.md", "python") if "AnswerDesk" in block]
    # Without an answer it would wait for an hour, and nobody for it.
    asking = threading.Thread(target=exec, args=(block, names), daemon=True)
    asking.start()
    digest = asked(seen.get(timeout=30))
    assert names["desk"].slack(*press(digest, user="U0123"))["status"] == 200
    asking.join(timeout=60)
    assert [approval.approver for approval in names["approvals"]] == ["alice"]
    assert cache.Registries().digest("oci:target:v1") == cache.Registries().digest("oci:source:v1")


def test_a_plan_is_approved_keyless_as_shown(prepare: Prepare, sigstore: Stated) -> None:
    prepare("promote-unsigned-blocked")
    trust = {name: json.loads(sigstore[name]) for name in ("trustedRoot", "signingConfig")}
    trust["mediaType"] = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
    Path("sigstore.json").write_text(json.dumps(trust), encoding="utf-8")
    promoter = cache.Promoter(
        {
            "source": "oci:source",
            "target": "oci:source",
            "environment": "staging",
            "ledger": "ledger",
            "signer": {"name": "release", "path": "keys/release.key"},
            "trustedRoot": sigstore["trustedRoot"],
            "approval": {
                "accept": ["keyless"],
                "approvers": [{"name": "alice", "identities": [{"subject": ALICE, "issuer": sigstore["issuer"]}]}],
            },
        }
    )
    plan = promoter.plan_attaching({"image": "oci:source:v1", "requester": "ci", "attach": [{"kind": "signature"}]}).plan
    assert plan is not None
    [block] = [block for block in blocks(ROOT / "docs" / "approval.md", "python") if "keyless" in block]
    names: dict[str, Any] = {"Plan": cache.Plan, "Approval": cache.Approval, "promoter": promoter, "plan": plan}
    names |= {"plan_file": plan.json, "log_in": lambda audience: token(sigstore, ALICE)}
    before = len(cache.Registries().referrers("oci:source:v1"))
    exec(block, names)
    assert len(cache.Registries().referrers("oci:source:v1")) > before


def test_images_are_signed_and_verified_as_shown(prepare: Prepare, sigstore: Stated) -> None:
    prepare("promote-unsigned-blocked")
    Path("release.pub").symlink_to("keys/release.pub")
    Path("sbom.json").write_text(json.dumps(SPDX), encoding="utf-8")
    Path("trusted_root.json").write_text(sigstore["trustedRoot"], encoding="utf-8")
    promoter = cache.Promoter(
        {
            "source": "oci:source",
            "target": "oci:source",
            "environment": "staging",
            "ledger": "ledger",
            "signer": {"name": "release", "path": "keys/release.key"},
        }
    )
    [block] = blocks(ROOT / "docs" / "signing.md", "python")
    names = {"promoter": promoter, "verify": cache.verify}
    parsed = ast.parse(block.replace("docker://HOST/app:v1", "oci:source:v1"))
    said = (eval(ast.unparse(statement), names) for statement in parsed.body)
    plan = next(said).plan
    answer: cache.Answer = {"decision": "approve", "approver": "alice"}
    assert promoter.execute(plan, [plan.approve_by_callback(lambda asked: answer)]).complete
    assert len(next(said)["statements"]) == 1
    # Nobody of that name signed it.
    with pytest.raises(cache.Untrusted):
        next(said)
