"""What one language can do, the others can: the lists of Rust, of Python and of Node, each made from what is there.

Python and Node have to have the same names. Rust has more: what a binding does in one call is made of many parts. So of Rust it is
asked that both bindings come to each part: by name, since that needs no list that somebody keeps. Only `NOT_REACHED` is kept, and it
has to be no longer than needed.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import cache_guardian as cache
from conftest import ROOT
from rust_source import CORE, IMPORTS, Item, bodies, calls, code, names, public, reached

# What only Rust can do, and why that is so.
NOT_REACHED = {
    # Conveniences for who writes Rust; plain data says the same.
    "approve::Answer::known_by": "the field `reference` of an answer",
    "approve::Answer::saying": "the field `comment` of an answer",
    "connect::open_source": "without entries of registries, which a configuration always may have",
    "connect::open_target": "the same",
    "model::purl::PurlBuilder": "a purl is a text",
    "registry::MemoryRegistry::insert_manifest": "a registry that only its own process knows; others have a layout",
    "registry::openshift::StreamHistory": "the answer to the question `images` has all tags",
    "sbom::Sbom::of_type": "`find` with a type",
    "sbom::Sbom::with_license": "`find` with a licence",
    "sbom::Sbom::with_purl": "`find` with a purl",
    "scan::Exception::means": "the assessment says which exception a finding has",
    # Code of the application, which a binding takes in another form.
    "gate::SmokeGate::callback": "a gate of the application may check health itself",
    "retention::inventory::inventory_by": "an inventory of the application is data",
    # Parts of what is done as a whole.
    "approve::LedgerFolder": "a ledger whose address is a folder",
    "registry::acr::AcrLogin": "what the registry `acr` logs in with",
    "registry::ecr::EcrLogin": "what the registry `ecr` logs in with",
    "registry::ecr::EcrRegistry::preview_lifecycle": "the question `standing` about such a policy tells its effects",
    "retention::SurveyOptions::created": "on where the rules ask for it",
    "scan::DatabaseBuilder::add_osv_bytes": "databases are built of files",
    "scan::Report::of_defender": "`Registries.findings` puts the pages together",
    "scan::Report::of_ecr": "`Registries.findings` puts the pages together",
    "sign::Trust::verify_envelope": "`verify` reads what came with it as well, which proves more",
    "sign::Trust::verify_simple_signing": "the same",
    "sign::TrustedRoot::check_authority": "an authority is checked where a trusted root is read",
    "sign::decrypt_cosign_key": "a signer with a password does it, and shows the key to nobody",
    # Said by the environment.
    "registry::AzureCredentials::service_principal": "`AZURE_CLIENT_ID` and its like",
    # For the tests of adapters, and of our own.
    "conformance": "a suite for adapters, which are written in Rust",
    "registry::Network::transcript": "for the suite at a real service, which is a program of its own",
    "sign::Services::patient": "tests wait for less",
    # Gaps that are known.
    "registry::acr::AcrRegistry::acr_admin": "the password of a whole registry, which no pipeline should have",
    "retention::vendor::openshift::Prune": "OpenShift's prune has no document that could be given",
}
OPTIONS = re.compile(r"(Limits|Network|Options|Patience)$")


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def node() -> set[str]:
    """Of the generated types: ``function`` and ``Class.member``."""
    text = (ROOT / "cache-node" / "native.d.ts").read_text(encoding="utf-8")
    found = {snake(name) for name in re.findall(r"^export declare function (\w+)\(", text, re.M)}
    for name, body in re.findall(r"^export declare class (\w+) \{\n(.*?)^\}", text, re.M | re.S):
        members = re.findall(r"^  (?:static |get )*(\w+)\(", body, re.M)
        found |= {f"{name}.{snake(member)}" for member in members if member != "constructor"}
    return found


def python() -> set[str]:
    """Of the package itself. What is to be awaited stands beside the same that is not, and counts once."""
    found = set()
    for name, value in vars(cache).items():
        if inspect.isbuiltin(value):
            found.add(name.removesuffix("_async"))
        elif inspect.isclass(value) and value.__module__ == "cache_guardian":
            found |= {f"{name}.{member.removesuffix('_async')}" for member in vars(value) if not member.startswith("_")}
    return found


class Rust:
    """The public surface of the core, and the sources that may come to it."""

    def __init__(self) -> None:
        self.items = public()
        self.core = code(CORE)
        self.connect = {file: text for file, text in self.core.items() if file.parent == CORE / "connect"}
        self.policy = {file: text for file, text in self.core.items() if CORE / "policy" in file.parents}
        self.bindings = [code(ROOT / name / "src") for name in ("cache-py", "cache-node")]
        started = ({name for text in binding.values() for name in calls(text)} for binding in self.bindings)
        self.reached = set.intersection(*(reached(start, self.core) for start in started))
        every = [*self.core.values(), *(text for binding in self.bindings for text in binding.values())]
        self.words = [(text, set(re.findall(r"\w+", IMPORTS.sub("", text)))) for text in every]

    def is_named(self, word: str) -> bool:
        """Whether a configuration or a policy can ask for it, or both bindings name it."""
        said = any(names(text, word) for text in (*self.connect.values(), *self.policy.values()))
        return said or all(any(names(text, word) for text in binding.values()) for binding in self.bindings)

    def is_used(self, item: Item) -> bool:
        """Whether something is done with a type beside the file that defines it."""
        return any(item.name in words and not item.is_defined_in(text) for text, words in self.words)


def facade(rust: Rust) -> Iterator[str]:
    """What is written for the bindings: each calls it where it names its type, or another part of the façade does."""
    for item in rust.items:
        for function in item.functions() if item.path.startswith("connect::") else ():

            def is_called(text: str) -> bool:
                return function.name in calls(text) and (function.owner is None or names(text, function.owner))

            by_facade = (
                function.name in calls(body) and name != function.name
                for text in rust.connect.values()
                if function.owner is None or names(text, function.owner)
                for name, body in bodies(text)
            )
            by_bindings = (any(is_called(text) for text in binding.values()) for binding in rust.bindings)
            if not (function.only_looks() or all(by_bindings) or any(by_facade)):
                yield function.path


def functions(rust: Rust) -> Iterator[str]:
    """What does something: it is called by what is called, and so on, from both bindings."""
    for item in rust.items:
        does = [function for function in item.functions() if not function.only_looks()]
        if does and does[0].owner and not item.path.startswith("connect::") and not rust.is_used(item):
            yield item.path
            continue
        yield from (function.path for function in does if function.name not in rust.reached)


def adapters(rust: Rust) -> Iterator[str]:
    """What implements a trait of the core: there are words for it."""
    traits = {item.path for item in rust.items if item.is_trait()}
    yield from (item.path for item in rust.items if item.traits() & traits and not rust.is_named(item.name))


def options(rust: Rust) -> Iterator[str]:
    """How something is done: each choice can be made. What is read as it is has all of its fields."""
    for item in rust.items:
        if OPTIONS.search(item.name):
            words = {item.path: item.name} if item.is_read() else {f"{item.path}::{it}": it for it in item.fields()}
            yield from (path for path, word in words.items() if not rust.is_named(word))


def test_both_languages_have_the_same() -> None:
    assert len(node()) > 80
    assert sorted(node() ^ python()) == []


def test_both_languages_reach_all_of_rust() -> None:
    source = Rust()
    assert len(source.items) > 500 and len(source.reached) > 500
    missing = {path for find in (facade, functions, adapters, options) for path in find(source)}
    covers = {path: [entry for entry in NOT_REACHED if f"{path}::".startswith(f"{entry}::")] for path in missing}
    assert sorted(path for path, entries in covers.items() if not entries) == [], "neither reached nor with a reason"
    needed = {entry for entries in covers.values() for entry in entries}
    assert sorted(NOT_REACHED.keys() - needed) == [], "reached by now: no reason is needed"
