"""Stories of images, and the journals of plans."""

from __future__ import annotations

from typing import Any, TypedDict

from .gate import Pinned
from .path import StrPath
from .registry import Network, Registry
from .sign import _Image, Signers, TrustedKey


class JournalEntry(TypedDict):
    """One line of a plan's journal. ``event`` is ``began`` with the approvals, a ``step`` as in a receipt, or ``ended``."""

    number: int
    previous: str
    plan: str
    at: str
    event: dict[str, Any]


class VerifiedJournal(TypedDict):
    """The record that a journal was held to, the digest of its ``statement`` and who signed it, and how many ``lines`` of the journal
    it holds."""

    image: Pinned
    record: dict[str, Any]
    statement: str
    by: dict[str, Any] | None
    lines: int
    entries: list[JournalEntry]


class _Deployment(TypedDict):
    digest: str
    place: str


class Deployment(_Deployment, total=False):
    """Where an image, or a platform of it, runs; ``since`` in RFC 3339."""

    since: str


class StoryRequest(_Image, total=False):
    """An image, whose word about it counts, and where images run."""

    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: StrPath
    deployments: list[Deployment]
    registries: list[Registry]
    network: Network
