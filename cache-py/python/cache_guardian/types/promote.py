"""Promoters, and what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Optional, TypedDict, Union

from .approve import ApprovalPolicy
from .path import StrPath
from .registry import Network, Registry
from .sign import Form, Signer, Signers, TrustedKey


class _Places(TypedDict):
    source: str
    target: str
    environment: str


class PromoterConfig(_Places, total=False):
    """What a promoter is made of."""

    policy: StrPath
    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: StrPath
    imagePolicies: Sequence[StrPath]
    signer: Signer
    approval: ApprovalPolicy
    registries: list[Registry]
    network: Network
    ledger: StrPath
    clock: str


class _Typed(TypedDict):
    kind: Literal["document", "sbom"]
    mediaType: str


class Document(_Typed, total=False):
    """A document to attach as it is: its text, or the path of a file with it.

    An ``sbom`` is named by cosign's tag ``.sbom`` too.
    """

    text: str
    path: StrPath


class Statement(TypedDict):
    """A statement about the image, to be signed and attached."""

    kind: Literal["statement"]
    predicateType: str
    predicate: Any


class _Signature(TypedDict):
    kind: Literal["signature"]


class Signature(_Signature, total=False):
    """A signature of the image; ``annotations`` are signed along with it."""

    annotations: dict[str, str]
    form: Form


class _Attestation(TypedDict):
    kind: Literal["attestation"]
    type: str


class Attestation(_Attestation, total=False):
    """A statement about the image, to be signed: a ``type`` by its name (``spdx``, ``slsaprovenance1``, ``custom``) or URI, and the
    predicate as text, in a file, or as plain data. It has to be what the type says."""

    text: str
    path: StrPath
    predicate: Any
    form: Form


Attachment = Union[Document, Statement, Signature, Attestation]


class _Attach(TypedDict):
    image: str
    requester: str
    attach: list[Attachment]


class AttachRequest(_Attach, total=False):
    """What somebody wants to have attached to an image where it is, in the promoter's target."""

    reason: str


class BreakGlass(TypedDict):
    """An emergency in which the gates are overruled; ``expires`` in RFC 3339."""

    justification: str
    expires: str


class _Rollback(TypedDict):
    tag: str
    requester: str


class RollbackRequest(_Rollback, total=False):
    """A tag of the promoter's target that shall name again what it named before. ``tag`` has its repository: ``oci:staging:v1``."""

    reason: str


class ReproduceRequest(TypedDict):
    """An image at the target, by tag or digest, whose newest record is reproduced."""

    image: str


_Wanted = TypedDict("_Wanted", {"from": str, "to": str, "requester": str})


class Request(_Wanted, total=False):
    """What somebody wants: the keys ``from``, ``to`` and ``requester``, and these."""

    reason: str
    moveTags: bool
    attach: list[Attachment]


class Progress(TypedDict):
    """How far an execution is. ``what`` is the change that is being made, ``None`` at the end."""

    done: int
    steps: int
    what: Optional[str]
    bytes: int
    total: int
