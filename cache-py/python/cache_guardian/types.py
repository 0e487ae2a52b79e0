"""The plain data that crosses between Python and the core. The schemas in docs/schema say the same."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Optional, Protocol, TypedDict, Union

Decision = Literal["approve", "deny"]
Kind = Literal["terminal", "callback", "webhook", "key", "keyless"]
Outcome = Literal["pass", "excepted", "warn", "fail", "error"]


class _Named(TypedDict):
    name: str


KeyKind = Literal["p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
Form = Literal["bundle", "cosign-tag"]


class Key(_Named, total=False):
    """A key in PEM: the text itself, or where it is, a path or ``env://NAME``. ``password`` is that of an encrypted private
    key, ``passwordEnv`` the variable of the environment that holds it."""

    pem: str
    path: str
    password: str
    passwordEnv: str


class KeyPair(TypedDict):
    """A new key in PEM."""

    private: str
    public: str


class Identity(TypedDict, total=False):
    """A keyless signer: one subject with one issuer, each exactly or as a pattern for the whole of it."""

    subject: str
    subjectRegexp: str
    issuer: str
    issuerRegexp: str
    noIssuer: bool
    claims: dict[str, str]
    claimsRegexp: dict[str, str]


class Demands(TypedDict, total=False):
    """What has to come with a keyless signature. By default one log, and a certificate that is in a log."""

    logs: int
    timestamps: int
    certificateLog: bool
    shown: Literal["by-proof", "by-proof-where-possible", "by-promise"]


class Approver(_Named, total=False):
    """A person who may approve; ``key`` is the person's public key in PEM, ``identities`` are who the person is to providers
    of identities."""

    key: str
    identities: list[Identity]


class ApprovalPolicy(TypedDict, total=False):
    """Which approvals count. Without a word: one person who is not the requester, by any kind, within a day."""

    accept: list[Kind]
    required: int
    approvers: list[Approver]
    excludeRequester: bool
    maxAgeSeconds: int
    demands: Demands


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


class Window(TypedDict, total=False):
    """A period of time in RFC 3339; both ends belong to it."""

    start: str
    end: str


class KeyDemands(TypedDict, total=False):
    """What has to come with the signatures of a key. All of it needs a trusted root."""

    valid: Window
    logs: int
    timestamps: int


class TrustedKey(_Named, total=False):
    """A public key that is trusted, in PEM: the text itself, or where it is, a path or ``env://NAME``."""

    pem: str
    path: str
    demands: KeyDemands


class _SignersNamed(TypedDict):
    name: str
    identities: list[Identity]


class Signers(_SignersNamed, total=False):
    """Keyless signers under one name, each as good as another."""

    demands: Demands


class Log(TypedDict):
    """A transparency log, and which version of Rekor's interface it speaks."""

    url: str
    version: Literal[1, 2]


class Services(TypedDict, total=False):
    """The services that confirm signatures: a signing configuration or a trust configuration of Sigstore (its JSON, or a path),
    or addresses, all of which are used. ``trustedRoot`` is what their answers are checked against; without it, that of the trust
    configuration or of the promoter. ``certificateLog`` is ``False`` for an authority of one's own that uses none."""

    signingConfig: str
    trustConfig: str
    fulcio: str
    rekor: list[Log]
    tsa: list[str]
    trustedRoot: str
    certificateLog: bool
    network: Network


class SignerKey(Key, total=False):
    """A private key that signs. With ``services`` its signatures are in logs and have a proven time; for logs that keep hashes an
    Ed25519 key has to be ``prehashed``."""

    prehashed: bool
    services: Services


class _Program(TypedDict):
    program: str


class SignerProgram(_Program, total=False):
    """A program that signs with a key that it has; docs/signing.md says what it is asked."""

    name: str
    arguments: list[str]
    services: Services


class TokenFile(TypedDict):
    """A file with an identity token, which somebody keeps fresh."""

    file: str


class TokenVariable(TypedDict):
    """A variable of the environment with an identity token."""

    env: str


class TokenText(TypedDict):
    """An identity token."""

    token: str


TokenFrom = Union[
    Literal["ambient", "github-actions", "gitlab", "callback"], TokenFile, TokenVariable, TokenText
]
Token = Callable[[str], Union[str, Awaitable[str]]]


class _Keyless(TypedDict):
    keyless: TokenFrom
    services: Services


class KeylessSigner(_Keyless, total=False):
    """A signer without a key of its own. ``keyless`` says where identity tokens come from: ``ambient`` is the job that this process
    runs in, ``callback`` the function ``token``. Without ``subject`` and ``issuer`` it is the one whom the token is for."""

    subject: str
    issuer: str


Signer = Union[SignerKey, SignerProgram, KeylessSigner]


class _Places(TypedDict):
    source: str
    target: str
    environment: str


class PromoterConfig(_Places, total=False):
    """What a promoter is made of."""

    policy: str
    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: str
    imagePolicies: list[str]
    signer: Signer
    approval: ApprovalPolicy
    network: Network
    ledger: str
    clock: str


class _Typed(TypedDict):
    kind: Literal["document", "sbom"]
    mediaType: str


class Document(_Typed, total=False):
    """A document to attach as it is: its text, or the path of a file with it.

    An ``sbom`` is named by cosign's tag ``.sbom`` too.
    """

    text: str
    path: str


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
    path: str
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
    """A tag of the promoter's target that shall name again what it named before."""

    reason: str


_Wanted = TypedDict("_Wanted", {"from": str, "to": str, "requester": str})


class Request(_Wanted, total=False):
    """What somebody wants: the keys ``from``, ``to`` and ``requester``, and these."""

    reason: str
    moveTags: bool
    attach: list[Attachment]


_Bytes = bytes


class _Given(TypedDict):
    kind: Literal["sbom", "report", "vex"]


class Given(_Given, total=False):
    """Evidence that the caller has: its bytes, or the path of a file with them."""

    bytes: _Bytes
    path: Union[str, "os.PathLike[str]"]


class AssessRequest(TypedDict, total=False):
    """By which rules reports are assessed, and what they are about. ``policy`` is YAML or the path of a file, ``gates`` are
    verdicts of other gates that are to stand in the same report."""

    image: str
    policy: str
    environment: str
    clock: str
    gates: list["Verdict"]


ReportFormat = Literal["json", "sarif", "junit", "gitlab", "cyclonedx", "table", "markdown", "html"]


class Progress(TypedDict):
    """How far an execution is. ``what`` is the change that is being made, ``None`` at the end."""

    done: int
    steps: int
    what: Optional[str]
    bytes: int
    total: int


class GenerateRequest(TypedDict, total=False):
    """What an SBOM is to be made of: an ``image`` or a ``folder``. ``platform`` (``linux/amd64``) picks one of several;
    ``layerCache`` is the folder where Cache's own generator keeps what it finds in layers; ``program`` is where the program
    is if another generator is asked; ``clock`` (RFC 3339) is the time in the document."""

    image: str
    platform: str
    folder: str
    generator: Literal["cache", "syft", "trivy"]
    program: str
    layerCache: str
    clock: str
    network: Network


class LayerBegun(TypedDict):
    """A layer is about to be read; ``known`` where it is not, because what it says was kept from an earlier run."""

    kind: Literal["layer"]
    digest: str
    size: int
    known: bool


class BytesRead(TypedDict):
    """More bytes of a layer were read, ``read`` since the last time."""

    kind: Literal["bytes"]
    digest: str
    read: int


class PackagesFound(TypedDict):
    """All layers are read."""

    kind: Literal["packages"]
    count: int


GenerateProgress = Union[LayerBegun, BytesRead, PackagesFound]


Severity = Literal["unknown", "negligible", "low", "medium", "high", "critical"]


class ScannerConfig(TypedDict, total=False):
    """Which scanner: Cache's own, with a ``database``, or the program ``grype`` or ``trivy``, which is at ``program`` or in
    ``PATH``."""

    scanner: Literal["cache", "grype", "trivy"]
    database: str
    program: str


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
    path: str


class DatabaseBuildRequest(_DatabasePath, total=False):
    """What a database at ``path`` is to be made of: folders of OSV's archives, Grype's ``vulnerability.db``, Trivy's
    ``trivy.db``."""

    osv: list[str]
    grype: list[str]
    trivy: list[str]


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
    downloads: str
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


class _Image(TypedDict):
    image: str


class VerifyRequest(_Image, total=False):
    """An image, and whose signatures count. ``attestation`` asks for one of this type, by name or URI, in the place of a
    signature."""

    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: str
    attestation: str
    network: Network


class _Tuf(TypedDict):
    url: str
    root: str


class TufRequest(_Tuf, total=False):
    """A TUF repository with a trusted root, and the TUF root that is trusted to begin with (its JSON, or a path). ``folder`` remembers
    what was seen, so that nothing older is accepted later, and has the newest ``trusted_root.json``."""

    folder: str
    network: Network
    clock: str


class Verified(TypedDict):
    """What is attached to an image and verifies, and in ``problems`` what does not. The value of a signature has its
    ``annotations``, that of a statement its ``predicateType`` and ``predicate``. What is about a platform says so in ``about``."""

    image: Pinned
    signatures: list[Attached]
    statements: list[Attached]
    problems: list[Problem]


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
    trustedRoot: str
    deployments: list[Deployment]
    network: Network


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


class _Listed(TypedDict):
    id: str
    name: str
    licenses: list[str]


class ListedPackage(_Listed, total=False):
    """A package of an SBOM in short."""

    version: str
    purl: str


class SbomQuery(TypedDict, total=False):
    """Which packages are wanted. A ``*`` stands for any text, and case does not matter."""

    name: str
    purl: str
    type: str
    license: str


class SbomCount(TypedDict):
    """What is in an SBOM, counted."""

    packages: int
    files: int
    relationships: int
    findings: int
    byType: dict[str, int]
    withoutPurl: int


class LicenseHistogram(TypedDict):
    """How many packages have which licence."""

    stated: dict[str, int]
    identifiers: dict[str, int]
    notUnderstood: dict[str, int]
    without: int


class SbomStep(TypedDict):
    """One step of a way to a package."""

    id: str
    name: str
    version: Optional[str]
    link: Optional[Literal["depends-on", "contains", "describes"]]


class SbomPaths(TypedDict):
    """The ways that lead to a package."""

    found: int
    paths: list[list[SbomStep]]
    more: bool


class _VersionChange(TypedDict):
    name: str
    before: Optional[str]
    after: Optional[str]


class VersionChange(_VersionChange, total=False):
    """A package that has another version; ``purl`` is without it."""

    purl: str


class _LicenseChange(TypedDict):
    name: str
    version: Optional[str]
    before: list[str]
    after: list[str]


class LicenseChange(_LicenseChange, total=False):
    """A package that has another licence."""

    purl: str


class SbomDiff(TypedDict):
    """What changed from one SBOM to another."""

    added: list[ListedPackage]
    removed: list[ListedPackage]
    versions: list[VersionChange]
    licenses: list[LicenseChange]
    unchanged: int


class Lacking(TypedDict):
    """A package that lacks something."""

    id: str
    name: str


class ElementShare(TypedDict):
    """One of the minimum elements: who has it."""

    element: Literal["supplier", "name", "version", "unique-identifier", "relationship", "author", "timestamp"]
    have: int
    of: int
    lacking: list[Lacking]


class SbomScore(TypedDict):
    """How much of the NTIA's minimum elements an SBOM has."""

    complete: bool
    percent: int
    packages: int
    elements: list[ElementShare]


class SbomFinding(TypedDict):
    """Something that is wrong with an SBOM, or that a format cannot say."""

    code: str
    position: str
    message: str


Untag = Literal["alone", "alone-but-last", "never", "with-manifest"]
Vendor = Literal["ecr", "harbor", "acr", "openshift"]


class DeployedImage(TypedDict, total=False):
    """An image that is deployed: its reference, the digest that runs, or both; and who uses it, for people."""

    image: str
    digest: str
    usedBy: str


class Inventory(TypedDict):
    """What is deployed in one place. ``version`` is 1; it is believed only where it is ``complete`` and fresh; ``taken`` is in
    RFC 3339."""

    version: int
    source: str
    taken: str
    complete: bool
    images: list[DeployedImage]


class _Cluster(TypedDict):
    name: str


class KubernetesCluster(_Cluster, total=False):
    """A cluster that is asked: by a kubeconfig, or from within where none is named. ``lists`` are further lists of its API with
    pod templates, such as ``apis/argoproj.io/v1alpha1/rollouts``."""

    kubeconfig: str
    context: str
    lists: list[str]


class KubernetesDocuments(TypedDict):
    """What ``kubectl get -o json`` printed, all of it; ``taken`` is when the first was asked for."""

    source: str
    taken: str
    documents: list[dict[str, Any]]


class InventorySource(TypedDict, total=False):
    """What tells what is deployed: exactly one of these."""

    file: str
    inventory: Inventory
    kubernetes: KubernetesCluster
    kubernetesDocuments: KubernetesDocuments


class Mirror(TypedDict):
    """The beginning of names at a mirror, and what stands there in the registry itself."""

    mirror: str
    of: str


class _Retention(TypedDict):
    repositories: list[str]
    environment: str
    policy: str


class RetentionConfig(_Retention, total=False):
    """The repositories of one environment in one registry, and what of them is kept: by the ``retention_policy`` of the policy,
    which is YAML or the path of a file."""

    inventories: list[InventorySource]
    mirrors: list[Mirror]
    untag: Untag
    concurrency: int
    maxRequests: int
    approval: ApprovalPolicy
    trustedRoot: str
    network: Network
    ledger: str
    restore: str
    clock: str


class _Asked(TypedDict):
    requester: str


class RetentionRequest(_Asked, total=False):
    """Who wants to have repositories cleaned up, and why."""

    reason: str


class _Restore(TypedDict):
    file: str
    requester: str


class RestoreRequest(_Restore, total=False):
    """What somebody wants back: all that the restore file has, or only these manifests with what belongs to them."""

    only: list[str]
    reason: str


class Requests(TypedDict):
    """How many requests were sent, and how many it will be at least."""

    sent: int
    estimated: int


class Why(TypedDict):
    """A reason: a stable code, and words."""

    code: str
    message: str


class TagDecision(TypedDict):
    """What becomes of a tag."""

    tag: str
    fate: Literal["keep", "delete"]
    why: Why


class ManifestDecision(TypedDict):
    """What becomes of a manifest."""

    digest: str
    kind: Literal["image", "child", "attachment", "left-over"]
    fate: Literal["keep", "delete"]
    why: list[Why]
    tags: list[TagDecision]


class RepositoryDecision(TypedDict):
    """What becomes of the content of a repository."""

    repository: str
    manifests: list[ManifestDecision]
    notes: list[str]


class Totals(TypedDict):
    """How much stays and goes."""

    imagesKept: int
    imagesDeleted: int
    manifestsDeleted: int
    tagsDeleted: int


class Storage(TypedDict):
    """What is set free: blobs and bytes, each counted once, of all bytes that were looked at."""

    blobs: int
    bytes: int
    of: int


class InventoryNote(TypedDict):
    """An inventory that was relied on."""

    source: str
    taken: str
    images: int
    digest: str


class ProposalData(TypedDict):
    """What becomes of everything, and why."""

    state: Literal["ready", "refused", "nothing"]
    refusals: list[str]
    totals: Totals
    frees: Storage
    requests: Requests
    executionRequests: int
    inventories: list[InventoryNote]
    repositories: list[RepositoryDecision]


class _ListedImage(TypedDict):
    digest: str


class ListedImage(_ListedImage, total=False):
    """An image as a registry lists it; times are in RFC 3339."""

    tags: list[str]
    pushed: str
    pulled: str
    children: list[str]
    locked: bool


class _Simulate(TypedDict):
    vendor: Vendor
    policy: str


class SimulateRequest(_Simulate, total=False):
    """A policy of a registry, and a listing to try it on: what the registry answered, or images read by the caller."""

    listing: Any
    images: list[ListedImage]
    repository: str
    clock: str


class DoomedImage(TypedDict):
    """An image that a registry would delete, and why."""

    digest: str
    tags: list[str]
    why: str


class TranslateRequest(TypedDict):
    """The rules of an environment that are to be said in the words of a registry."""

    vendor: Vendor
    policy: str
    environment: str


class Translation(TypedDict):
    """The document, where there is one, and what it does not say."""

    document: Optional[dict[str, Any]]
    unsaid: list[str]
