"""What the documentation shows works, and what it points to is there."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cache_guardian as cache
from conftest import ROOT, Prepare
from test_sign import SPDX

SKIPPED = {"target", "node_modules"}
PAGES = [page for page in sorted(ROOT.rglob("*.md")) if not SKIPPED & set(page.relative_to(ROOT).parts)]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


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


def test_images_are_signed_and_verified_as_shown(prepare: Prepare) -> None:
    prepare("promote-unsigned-blocked")
    Path("release.pub").symlink_to("keys/release.pub")
    Path("sbom.json").write_text(json.dumps(SPDX), encoding="utf-8")
    with subprocess.Popen([os.environ["CACHE_SIGSTORE"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as services:
        assert services.stdout is not None
        Path("trusted_root.json").write_text(json.loads(services.stdout.readline())["trustedRoot"], encoding="utf-8")
        assert services.stdin is not None
        services.stdin.close()
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
