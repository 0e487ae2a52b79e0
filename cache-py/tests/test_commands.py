"""The commands that the documentation shows are run, as they stand, in a folder where what they name is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cache_guardian as cache
from conftest import ROOT
from test_docs import PAGES, blocks
from test_generate import layer, layout, module

# The programs of the examples, as the tests of Rust built them.
PROGRAMS = Path(os.environ["CACHE_MAKE_LAYOUT"]).parent
AT_TERMINAL = [sys.executable, str(ROOT / "scripts" / "at-terminal.py")]
FIRST_WORD = re.compile(r"cargo|docker|make|node|npm|npx|pip|python|scan|scripts/\S+|target/release/\S+")

IN_EMPTY_FOLDERS = "scripts/packages.sh does it, in empty folders"
IN_QUICK_START = "the test of the quick start runs it"
NOT_RUN = {
    "make test": "it runs this test",
    "make interop": "it needs the peers, which take long to build",
    "make bench": "it measures for many minutes",
    "make audit": "it needs the network",
    "make features": "it checks the library ten times",
    "make packages": IN_EMPTY_FOLDERS,
    "pip install target/packages/*.whl": IN_EMPTY_FOLDERS,
    "npm install target/packages/npm/*.tgz": IN_EMPTY_FOLDERS,
    "python first.py": IN_QUICK_START,
    "node first.mjs": "cache-node/test/quickstart.test.mjs runs it",
    "cargo run": IN_QUICK_START,
    "docker save --output app.tar app:v1": "it needs Docker; a test writes such a file",
    "cargo add --path ../cache/cache-core": "the crate would be built again; examples/rust has the same program",
    "cargo add serde_json": "as the line before it",
    "cargo add tokio --features macros,rt-multi-thread": "as the line before it",
    "scan --database cache.db --update osv:PyPI,npm --update grype --update trivy": "it needs the network",
}


def commands(page: Path) -> list[str]:
    """The lines of blocks that are indented, or fenced as ``sh``, without their comments; a backslash joins two."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = "".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)).splitlines()
    lines += re.findall(r"^    (\S.*)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    whole = (" ".join(re.sub(r"\s#.*", "", line).split()) for line in lines)
    return [line for line in whole if FIRST_WORD.fullmatch(line.split()[0])]


# Each once, with a page that shows it.
SHOWN = {command: page for page in PAGES for command in commands(page)}


class Place:
    """A folder with all that the commands name, and a registry."""

    def __init__(self, folder: Path, host: str) -> None:
        self.folder = folder
        self.words = {"HOST": host, "REPOSITORY": "team/suite", "PATH": "image", "TAG": "v1", "FOLDER": "layers"}

    def run(self, command: str) -> str:
        known = re.compile(rf"\b({'|'.join(self.words)})\b")
        words = shlex.split(known.sub(lambda found: self.words[found[0]], command))
        environment = {
            **os.environ,
            "XDG_STATE_HOME": str(self.folder / "state"),
            "COSIGN_PASSWORD": "correct horse",
            "CACHE_PROMOTE": str(PROGRAMS / "promote"),
        }
        done = subprocess.run(
            [*AT_TERMINAL, *program(words)], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def program(words: list[str]) -> list[str]:
    """What is run for a command: a program that is built already in the place of one that would be."""
    first, *rest = words
    if words == ["make", "demo"]:
        return ["scripts/demo.sh"]
    if first == "cargo":
        return [str(PROGRAMS / words[words.index("--example") + 1]), *words[words.index("--") + 1 :]]
    if first == "python":
        return [sys.executable, *rest]
    return [str(PROGRAMS / Path(first).name), *rest]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("commands")
    with subprocess.Popen([str(PROGRAMS / "registry")], stdout=subprocess.PIPE, text=True) as registry:
        try:
            assert registry.stdout is not None
            made = Place(folder, registry.stdout.readline().strip())
            prepare(made)
            yield made
        finally:
            registry.kill()


def prepare(place: Place) -> None:
    folder = place.folder
    # Of the checkout: what `make demo` reads.
    (folder / "scripts").mkdir()
    for name in ("scripts/demo.sh", "Cargo.toml", "Cargo.lock"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "examples").symlink_to(ROOT / "examples")
    # For the README: a key, and a signed image with a report in a registry.
    place.run("target/release/examples/sign key p256 release")
    image = layout(folder / "image", layer(module("lodash", "4.17.15")))
    report = {"scanner": "a", "subjects": [cache.Registries().digest(image)], "findings": []}
    media_type = "application/vnd.cache.vulnerability-report.v1+json"
    for repository in ("dev/app", "app"):
        push(place, repository, [
            {"kind": "signature"},
            {"kind": "document", "mediaType": media_type, "text": json.dumps(report)},
        ])  # fmt: skip
    (folder / "policy.yaml").write_text(policy("prod", "max_critical: any, max_high: any, known_exploited: allow"))
    # For the findings and the scanner.
    shutil.copy(ROOT / "examples" / "findings" / "report.json", folder / "grype.json")
    shutil.copy(ROOT / "examples" / "findings" / "vex.json", folder / "vex.json")
    shutil.copy(ROOT / "examples" / "findings" / "sbom.cdx.json", folder / "app.cdx.json")
    databases = ROOT / "scripts" / "scan" / "databases.py"
    subprocess.run([sys.executable, str(databases), str(folder)], check=True, stdout=subprocess.DEVNULL)
    shutil.copy(folder / "grype.db", folder / "vulnerability.db")
    for name in ("trivy.db", "metadata.json"):
        shutil.copy(folder / "trivy" / "db" / name, folder / name)
    place.run("scan --database cache.db --build-database osv/")
    (folder / "registry.json").write_text(json.dumps({"host": place.words["HOST"], "system": "oci"}))


def policy(environment: str, more: str) -> str:
    none = "require_sbom: false, require_license: false, require_provenance: false, require_smoke_test: false"
    return f"scan_policy: {{promotion_to_{environment}: {{{none}, {more}}}}}\n"


def push(place: Place, repository: str, attach: Any) -> None:
    target = f"docker://{place.words['HOST']}/{repository}"
    promoter = cache.Promoter({
        "source": f"oci:{place.folder}/image",
        "target": target,
        "environment": "dev",
        "policy": policy("dev", "require_scan: false, require_signature: false"),
        "signer": {"name": "release", "path": str(place.folder / "release.key"), "password": "correct horse"},
        "ledger": str(place.folder / "ledger"),
    })  # fmt: skip
    source = f"oci:{place.folder}/image:v1"
    plan = promoter.plan({"from": source, "to": f"{target}:v1", "requester": "ci", "attach": attach}).plan
    assert plan is not None
    approval = plan.approve_by_callback(lambda asked: {"decision": "approve", "approver": "alice"})
    assert promoter.execute(plan, [approval]).complete


def test_commands_are_found() -> None:
    assert len(SHOWN) > 20
    assert set(NOT_RUN) <= set(SHOWN), "a reason for what no page shows"


@pytest.mark.parametrize("command", SHOWN, ids=[f"{page.name}: {command[:60]}" for command, page in SHOWN.items()])
def test_a_command_does_what_it_is_shown_for(command: str, place: Place) -> None:
    if command in NOT_RUN:
        pytest.skip(NOT_RUN[command])
    place.run(command)


@pytest.mark.parametrize("command", [[sys.executable, "first.py"], [str(PROGRAMS / "quickstart")]], ids=["python", "rust"])
def test_the_quick_start_promotes(command: list[str], tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "quickstart.py"), str(tmp_path)], check=True)
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    done = subprocess.run([*AT_TERMINAL, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    staging = f"oci:{tmp_path}/staging:v1"
    assert cache.Registries().digest(staging) == cache.Registries().digest(f"oci:{tmp_path}/dev:v1")
    # The signature and the SBOM, and the records of both promotions.
    assert len(cache.Registries().referrers(staging)) >= 3


DAMAGE = """
import pathlib
layer = max(pathlib.Path("dev/blobs/sha256").iterdir(), key=lambda blob: blob.stat().st_size)
layer.write_bytes(layer.read_bytes()[:-1] + b"x")
"""


def test_the_quick_start_ends_in_an_error_where_a_promotion_fails_in_the_middle(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "quickstart.py"), str(tmp_path)], check=True)
    first, second = (tmp_path / "first.py").read_text(encoding="utf-8").split('promote("oci:dev"')
    (tmp_path / "first.py").write_text(f'{first}{DAMAGE}promote("oci:dev"{second}', encoding="utf-8")
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    command = [*AT_TERMINAL, sys.executable, "first.py"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "not all of it was done" in done.stdout + done.stderr, done.stdout + done.stderr


def test_the_programs_of_the_quick_start_are_short() -> None:
    page = ROOT / "docs" / "quickstart.md"
    [python], [node], [rust] = (blocks(page, language) for language in ("python", "js", "rust"))
    assert max(len(program.splitlines()) for program in (python, node, rust)) <= 30
    example = (ROOT / "examples" / "rust" / "quickstart.rs").read_text(encoding="utf-8")
    assert example.split("\n", 1)[1] == rust, "examples/rust/quickstart.rs is the program of the page"


def test_what_is_named_in_passing_is_there() -> None:
    made = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)[0].split()
    manifests = "".join((ROOT / name / "Cargo.toml").read_text(encoding="utf-8") for name in ("examples", "cache-core"))
    for page in PAGES:
        code = "\n".join(re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")))
        for target in re.findall(r"^make (\w+)", code, re.M):
            assert target in made, f"{page.name}: make {target}"
        for path in re.findall(r"^((?:scripts|benches|examples|docs)/[\w./-]+)", code, re.M):
            assert (ROOT / path).exists(), f"{page.name}: {path}"
        for name in re.findall(r"--example (\S+)", code):
            assert f'name = "{name}"' in manifests, f"{page.name}: --example {name}"
