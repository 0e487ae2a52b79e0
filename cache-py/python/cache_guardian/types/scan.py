"""Scans, their databases and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict, Union

from .path import StrPath
from .registry import Network, Registry

Severity = Literal["unknown", "negligible", "low", "medium", "high", "critical"]


class ScannerConfig(TypedDict, total=False):
    """Which scanner: Cache's own, with a ``database``, or the program ``grype`` or ``trivy``, which is at ``program`` or in
    ``PATH``."""

    scanner: Literal["cache", "grype", "trivy"]
    database: StrPath
    program: StrPath


class _ScannerNamed(TypedDict):
    name: str


class ScannerInfo(_ScannerNamed, total=False):
    """A scanner; what is known before it runs."""

    version: str
    dataAsOf: str


class _Rated(TypedDict):
    source: str
    severity: Severity


class Rating(_Rated, total=False):
    """What one source says of how bad a vulnerability is."""

    score: float
    vector: str


class Epss(TypedDict):
    """How likely it is that a vulnerability will be exploited soon; both are shares from 0 to 1."""

    probability: float
    percentile: float


class _ScanFound(TypedDict):
    id: str
    severity: Severity
    package: str
    version: str


class ScanFinding(_ScanFound, total=False):
    """A vulnerability in a package."""

    aliases: list[str]
    purl: str
    fixedIn: str
    fixState: Literal["unknown", "fixed", "not-fixed", "wont-fix"]
    ratings: list[Rating]
    sources: list[str]
    sourcePackage: str
    exploited: bool
    epss: Epss


class _Noted(TypedDict):
    code: str
    package: str
    message: str


class Note(_Noted, total=False):
    """Something that a scan could not answer: ``no-version``, ``no-data``, ``unreadable-version``, ..."""

    version: str
    purl: str
    advisories: list[str]


class _Reported(TypedDict):
    scanner: str
    findings: list[ScanFinding]


class Report(_Reported, total=False):
    """What a scanner found, whatever scanner it was (docs/schema/report-v1.json)."""

    scannerVersion: str
    scannedAt: str
    dataAsOf: str
    subjects: list[str]
    imageIds: list[str]
    target: str
    platform: dict[str, Any]
    packages: int
    notes: list[Note]


class _Summary(TypedDict):
    scanner: str
    findings: int


class ReportSummary(_Summary, total=False):
    """One of several reports."""

    scannerVersion: str
    dataAsOf: str


class Said(TypedDict):
    """What one report says: its place in the list of reports, and its finding."""

    report: int
    finding: ScanFinding


class Difference(TypedDict):
    """Where reports differ, and why as far as they tell."""

    kind: Literal["missing", "severity", "fix"]
    why: Literal["noted", "other-version", "older-data", "other-source", "unknown"]
    message: str


class _Merged(TypedDict):
    id: str
    package: str
    versions: list[str]
    severity: Severity
    said: list[Said]


class MergedFinding(_Merged, total=False):
    """One vulnerability in one package, and who said what of it."""

    aliases: list[str]
    differences: list[Difference]


class MergedReport(TypedDict):
    """Several reports as one list (docs/schema/merged-report-v1.json)."""

    reports: list[ReportSummary]
    findings: list[MergedFinding]


class _DatabasePath(TypedDict):
    path: StrPath


class DatabaseBuildRequest(_DatabasePath, total=False):
    """What a database at ``path`` is to be made of: folders of OSV's archives, Grype's ``vulnerability.db``, Trivy's
    ``trivy.db``."""

    osv: Sequence[StrPath]
    grype: Sequence[StrPath]
    trivy: Sequence[StrPath]


class OsvSource(TypedDict, total=False):
    """OSV's archives: where they are, and which ecosystems; without any, all that Cache can match."""

    address: str
    ecosystems: list[str]


class GrypeSource(TypedDict, total=False):
    """Grype's database, by the address of its listing."""

    listing: str


class TrivySource(TypedDict, total=False):
    """Trivy's database, an artifact in a registry."""

    image: str


class DatabaseUpdateRequest(_DatabasePath, total=False):
    """What a database at ``path`` is to be brought up to date with. What is fetched is kept in the folder ``downloads``."""

    osv: OsvSource
    grype: GrypeSource
    trivy: TrivySource
    downloads: StrPath
    registries: list[Registry]
    network: Network


class _SourceNamed(TypedDict):
    name: Literal["osv", "grype", "trivy"]
    advisories: int
    withdrawn: int


class DatabaseSource(_SourceNamed, total=False):
    """One source of a database, and what could not be taken from it, by the reason."""

    asOf: str
    leftOut: dict[str, int]


class _DatabaseCount(TypedDict):
    sources: list[DatabaseSource]
    advisories: int
    packages: int
    ecosystems: dict[str, int]


class DatabaseInfo(_DatabaseCount, total=False):
    """What a database was made of."""

    dataAsOf: str


class DatabaseUpdated(TypedDict):
    """What an update came to."""

    info: DatabaseInfo
    changed: bool


class _Download(TypedDict):
    kind: Literal["download"]
    what: str
    already: int


class DownloadBegun(_Download, total=False):
    """Something is about to be fetched, of which ``already`` bytes are here; it has ``size`` bytes where that is known."""

    size: int


class DownloadBytes(TypedDict):
    """More bytes of a download came, ``read`` since the last time."""

    kind: Literal["bytes"]
    what: str
    read: int


class DownloadUnchanged(TypedDict):
    """What the last update fetched is still the newest."""

    kind: Literal["unchanged"]
    what: str


class BuildBegun(TypedDict):
    """The database is being made."""

    kind: Literal["build"]


class BuildDone(TypedDict):
    """The database is made, and in its place."""

    kind: Literal["built"]
    advisories: int
    packages: int


DatabaseProgress = Union[DownloadBegun, DownloadBytes, DownloadUnchanged, BuildBegun, BuildDone]
