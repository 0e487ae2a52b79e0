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


class RegistryLogin(TypedDict, total=False):
    """A ``user`` with a password, or a token alone; either may be in a variable of the environment."""

    user: str
    password: str
    passwordEnv: str
    token: str
    tokenEnv: str


class _Host(TypedDict):
    host: str


class Registry(_Host, total=False):
    """A registry and its system, and how one logs in there; without a login, docker's and podman's files say it. ``plainHttp`` says
    whether it is spoken to over plain HTTP, which else is so on this machine only. ``profile``, ``account``, ``region`` and
    ``createOnPush`` are AWS's, ``resourceId`` is Azure's, ``key`` Artifactory's, ``context`` OpenShift's."""

    system: Literal["oci", "harbor", "ecr", "acr", "artifactory", "openshift"]
    login: RegistryLogin
    plainHttp: bool
    api: str
    profile: str
    account: str
    region: str
    createOnPush: bool
    resourceId: str
    key: str
    context: str


class RegistriesConfig(TypedDict, total=False):
    """How registries are reached that are looked at."""

    registries: list[Registry]
    network: Network


class Login(TypedDict):
    """A login in the clear, as for ``docker login --password-stdin``."""

    user: str
    password: str


class _Described(TypedDict):
    mediaType: str
    digest: str
    size: int


class Descriptor(_Described, total=False):
    """What names a manifest or a blob (OCI image specification, ``descriptor.md``)."""

    artifactType: str
    annotations: dict[str, str]


class InspectedLayer(TypedDict):
    """One layer of an :class:`Inspection`; its size is in bytes, compressed."""

    MIMEType: str
    Digest: str
    Size: int
    Annotations: Optional[dict[str, str]]


class _Inspected(TypedDict):
    Digest: str
    RepoTags: list[str]
    Created: Optional[str]
    DockerVersion: str
    Labels: Optional[dict[str, str]]
    Architecture: str
    Os: str
    Layers: list[str]
    LayersData: list[InspectedLayer]
    Env: Optional[list[str]]


class Inspection(_Inspected, total=False):
    """What an image is, under the names that ``skopeo inspect`` gives. ``Digest`` is of what the reference names: of the index,
    where it is one. Images of a registry have a ``Name``."""

    Name: str


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
    Ed25519 key has to be ``prehashed``. With the ``publicKey`` (PEM, or where it is) plans need no private key."""

    publicKey: str
    prehashed: bool
    services: Services


class _Program(TypedDict):
    program: str


class SignerProgram(_Program, total=False):
    """A program that signs with a key that it has; docs/signing.md says what it is asked."""

    name: str
    arguments: list[str]
    publicKey: str
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


class NamedSigner(TypedDict, total=False):
    """Somebody who signs elsewhere, for those who only plan: a ``name`` with a ``publicKey`` (PEM, or where it is) or the
    ``fingerprint`` of the key, or the ``subject`` and the ``issuer`` of a keyless signer."""

    name: str
    publicKey: str
    fingerprint: str
    subject: str
    issuer: str


Signer = Union[SignerKey, SignerProgram, KeylessSigner, NamedSigner]


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
    registries: list[Registry]
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
    registries: list[Registry]
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
    registries: list[Registry]
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


class _Bundle(TypedDict):
    bundle: str


class VerifyFileRequest(_Bundle, total=False):
    """A file, or its SHA-256 as ``digest``, and the ``bundle`` that signs it: its JSON, or its path. ``trustedKeys`` and
    ``trustedSigners`` are whose signatures count."""

    file: str
    digest: str
    trustedKeys: list[TrustedKey]
    trustedSigners: list[Signers]
    trustedRoot: str


class VerifiedFile(TypedDict):
    """Who signed a file, as whose signature that counts, and since when it is proven to exist: in RFC 3339, ``None`` where nobody asks
    for a proof."""

    digest: str
    by: dict[str, Any]
    accepted: list[str]
    provenAt: Optional[str]


class CheckedPolicy(TypedDict):
    """What a policy file is about: the digest by which plans name it, the gates of each environment with a section of its own, the
    environments with rules of retention and of approval, and the names of its keyless signers."""

    digest: str
    gates: dict[str, list[str]]
    retention: list[str]
    approval: list[str]
    signers: list[str]


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
    trustedRoot: str
    deployments: list[Deployment]
    registries: list[Registry]
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
