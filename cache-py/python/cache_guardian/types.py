"""The plain data that crosses between Python and the core. The schemas in docs/schema say the same."""

from __future__ import annotations

import os
from typing import Any, Literal, Optional, Protocol, TypedDict, Union

Decision = Literal["approve", "deny"]
Kind = Literal["terminal", "callback", "key"]
Outcome = Literal["pass", "excepted", "warn", "fail", "error"]


class _Named(TypedDict):
    name: str


class Key(_Named, total=False):
    """A key in PEM: the text itself, or the path of a file with it."""

    pem: str
    path: str


class Approver(_Named, total=False):
    """A person who may approve; ``key`` is the person's public key in PEM."""

    key: str


class ApprovalPolicy(TypedDict, total=False):
    """Which approvals count. Without a word: one person who is not the requester, by any kind, within a day."""

    accept: list[Kind]
    required: int
    approvers: list[Approver]
    excludeRequester: bool
    maxAgeSeconds: int


class Pem(TypedDict, total=False):
    """A certificate or key in PEM: the text itself, or the path of a file with it."""

    pem: str
    path: str


class ClientCertificate(TypedDict):
    """A certificate with those that lead to its authority, and its private key."""

    certificate: Pem
    key: Pem


class Network(TypedDict, total=False):
    """How registries are reached. ``proxy`` is ``environment`` (the default), ``none`` or ``http://user:password@host:port``;
    ``authorities`` are trusted beside the machine's; no other server than a registry is shown ``clientCertificate``."""

    proxy: str
    authorities: list[Pem]
    clientCertificate: ClientCertificate


class _Places(TypedDict):
    source: str
    target: str
    environment: str


class PromoterConfig(_Places, total=False):
    """What a promoter is made of."""

    policy: str
    trustedKeys: list[Key]
    signer: Key
    approval: ApprovalPolicy
    network: Network
    ledger: str
    clock: str


class _Typed(TypedDict):
    kind: Literal["document"]
    mediaType: str


class Document(_Typed, total=False):
    """A document to attach as it is: its text, or the path of a file with it."""

    text: str
    path: str


class Statement(TypedDict):
    """A statement about the image, to be signed and attached."""

    kind: Literal["statement"]
    predicateType: str
    predicate: Any


Attachment = Union[Document, Statement]

_Wanted = TypedDict("_Wanted", {"from": str, "to": str, "requester": str})


class Request(_Wanted, total=False):
    """What somebody wants: the keys ``from``, ``to`` and ``requester``, and these."""

    reason: str
    moveTags: bool
    attach: list[Attachment]


_Bytes = bytes


class _Given(TypedDict):
    kind: Literal["sbom", "report"]


class Given(_Given, total=False):
    """Evidence that the caller has: its bytes, or the path of a file with them."""

    bytes: _Bytes
    path: Union[str, "os.PathLike[str]"]


class Progress(TypedDict):
    """How far an execution is. ``what`` is the change that is being made, ``None`` at the end."""

    done: int
    steps: int
    what: Optional[str]
    bytes: int
    total: int


class _Answered(TypedDict):
    decision: Decision
    approver: str


class Answer(_Answered, total=False):
    """What a person answered when shown a plan."""

    comment: str


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
    by: dict[str, str] | None


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
