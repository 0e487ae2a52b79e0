"""What gates are given, and what they say."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypedDict

from .path import StrPath

Outcome = Literal["pass", "excepted", "warn", "fail", "error"]
_Bytes = bytes


class _Given(TypedDict):
    kind: Literal["sbom", "report", "vex"]


class Given(_Given, total=False):
    """Evidence that the caller has: its bytes, or the path of a file with them."""

    bytes: _Bytes
    path: StrPath


class _Found(TypedDict):
    outcome: Outcome
    code: str
    message: str


class Reason(_Found, total=False):
    """One thing that a gate found. ``wouldBe`` belongs to the outcome ``excepted``."""

    wouldBe: Outcome


class LookedAt(TypedDict):
    """A piece of evidence that a gate judged."""

    what: str
    digest: str
    about: str
    source: str


class Verdict(TypedDict):
    """The answer of one gate."""

    gate: str
    outcome: Outcome
    reasons: list[Reason]
    lookedAt: list[LookedAt]


class _Reasoned(TypedDict):
    reasons: list[Reason]


class Judgement(_Reasoned, total=False):
    """What a gate written in Python returns. A stated outcome can be stricter than the reasons, never milder."""

    gate: str
    outcome: Outcome
    lookedAt: list[LookedAt]


class Pinned(TypedDict):
    """An image by digest."""

    repository: str
    digest: str


class Attached(TypedDict):
    """A piece of evidence. ``by`` is who signed it, ``None`` where no signature verified."""

    value: Any
    digest: str
    about: str
    found: str
    by: dict[str, Any] | None


class Problem(TypedDict):
    """Something that looked like evidence and is not; ``kind`` is a kind of error."""

    what: str
    digest: str
    kind: str
    message: str


class PlatformImage(TypedDict):
    """One platform of the image."""

    digest: str
    platform: dict[str, Any] | None


class Evidence(TypedDict):
    """What is known about an image when the gates judge it."""

    image: Pinned
    platforms: list[PlatformImage]
    now: str
    sboms: list[Attached]
    reports: list[Attached]
    vex: list[Attached]
    signatures: list[Attached]
    statements: list[Attached]
    problems: list[Problem]


class Gate(Protocol):
    """A gate written in Python. What it raises is the outcome ``error``, which stops the image."""

    @property
    def name(self) -> str: ...
    def judge(self, evidence: Evidence, /) -> Judgement | Verdict: ...


class AsyncGate(Protocol):
    """The same with an ``async`` method. An ``_async`` call runs it in its own event loop, a plain call in a new one."""

    @property
    def name(self) -> str: ...
    async def judge(self, evidence: Evidence, /) -> Judgement | Verdict: ...
