"""What people answer, and which of their answers count."""

from __future__ import annotations

from typing import Literal, TypedDict

from .sign import _Named, Demands, Identity

Decision = Literal["approve", "deny"]
Kind = Literal["terminal", "callback", "webhook", "key", "keyless"]


class Approver(_Named, total=False):
    """A person who may approve; ``key`` is the person's public key in PEM, ``identities`` are who the person is to providers
    of identities."""

    key: str
    identities: list[Identity]


class Group(TypedDict):
    """Some of the approvers, of whom some must approve."""

    required: int
    of: list[str]


_Freeze = TypedDict("_Freeze", {"name": str, "zone": str, "from": str, "until": str})


class Freeze(_Freeze):
    """A window in which nothing is executed, in a time zone such as ``Europe/Berlin``: from and until a date with or without a
    time (``2026-12-20T16:00``), or every week (``fri 16:00``)."""


class ApprovalPolicy(TypedDict, total=False):
    """Which approvals count. Without it, the policy's ``approval_policy`` for the environment; without that, one person who is not
    the requester, by any kind, within a day. Both together are refused."""

    accept: list[Kind]
    required: int
    approvers: list[Approver]
    groups: dict[str, Group]
    excludeRequester: bool
    maxAgeSeconds: int
    freeze: list[Freeze]
    demands: Demands


class _Answered(TypedDict):
    decision: Decision
    approver: str


class Answer(_Answered, total=False):
    """What a person answered when shown a plan. ``comment`` has at most 1,000 characters, and is kept in the record. The approval
    counts until ``expires`` (RFC 3339), where that is earlier than the policy says. With a ``reference``, what the application knows
    the answer by, the same answer of this person counts once, however often it is told."""

    comment: str
    expires: str
    reference: str
