"""Asking people where they are."""

from __future__ import annotations

from typing import Literal, TypedDict, Union

from .scan import Report

Urgency = Literal["normal", "high", "critical"]


class _People(TypedDict):
    people: dict[str, str]


class DeskConfig(_People, total=False):
    """``people`` are the approvers by what the services call them: ``slack:U123``, or ``teams:`` and the id of the account in the
    directory. Answers count where a service signed them: with Slack's signing secret, or the token of Teams' outgoing webhook."""

    slackSecret: str
    teamsToken: str


class SlackChannel(TypedDict):
    """An incoming webhook of Slack's; its address is a secret."""

    kind: Literal["slack"]
    url: str


class TeamsChannel(TypedDict):
    """A webhook of a workflow of Teams', and the name of the outgoing webhook that takes the answers."""

    kind: Literal["teams"]
    url: str
    bot: str


class _PagerDutyKey(TypedDict):
    kind: Literal["pagerduty"]
    key: str


class PagerDutyChannel(_PagerDutyKey, total=False):
    """A service of PagerDuty's by its integration key; ``url`` is where it takes events, if elsewhere."""

    url: str


Channel = Union[SlackChannel, TeamsChannel, PagerDutyChannel]


class _Asked(TypedDict):
    ask: list[Channel]


class AskConfig(_Asked, total=False):
    """Whom to ask at once, and whom to wake when nobody answers: after 5 and 10 minutes where it is critical, else after 15 and
    30, or as ``alarmAfterSeconds`` says."""

    urgency: Urgency
    alarm: Channel
    alarmAfterSeconds: list[int]
    giveUpAfterSeconds: int


class Alert(TypedDict):
    """What a scan found of an image, which is named by its digest."""

    image: str
    report: Report


class Reply(TypedDict):
    """What is sent back to the service."""

    status: int
    body: str
