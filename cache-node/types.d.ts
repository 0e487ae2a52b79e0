// The plain data that crosses between JavaScript and the core. The schemas in docs/schema say the same.

export type Decision = 'approve' | 'deny';
export type ApprovalKind = 'terminal' | 'callback' | 'webhook' | 'key' | 'keyless';
export type Outcome = 'pass' | 'excepted' | 'warn' | 'fail' | 'error';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ed25519';
/** How something signed is kept: as a Sigstore bundle, or in cosign's older format. */
export type Form = 'bundle' | 'cosign-tag';

/** A public key in PEM: the text itself, or where it is, a path or `env://NAME`. */
export type PublicKey = { name: string } & ({ pem: string } | { path: string });

/** A private key. Where it is encrypted, its password, or the variable of the environment that holds it. */
export type Key = PublicKey & ({ password?: string } | { passwordEnv?: string });

/** A private key that signs. For logs that keep hashes an Ed25519 key has to be `prehashed`. */
export type SignerKey = Key & { prehashed?: boolean; services?: Services };

/** A program that signs with a key that it has; docs/signing.md says what it is asked. */
export interface SignerProgram {
  name?: string;
  program: string;
  arguments?: string[];
  services?: Services;
}

/** A signer without a key of its own. Without a subject and an issuer it is the one whom the token is for. */
export type KeylessSigner = {
  /** Where identity tokens come from: `ambient` is the job that this process runs in, `callback` the function `token`. */
  keyless: 'ambient' | 'github-actions' | 'gitlab' | 'callback' | { file: string } | { env: string } | { token: string };
  services: Services;
} & ({ subject: string; issuer: string } | { subject?: never; issuer?: never });

/** Who signs. With services the signatures of a key are in logs and have a proven time. */
export type Signer = SignerKey | SignerProgram | KeylessSigner;

/** A function of the application that gives an identity token for an audience. */
export type Token = (audience: string) => string | Promise<string>;

/**
 * The services that confirm signatures: a signing configuration or a trust configuration of Sigstore (its JSON, or a path), or
 * addresses, all of which are used.
 */
export type Services = (
  | { signingConfig: string }
  | { trustConfig: string }
  | { fulcio?: string; rekor?: { url: string; version: 1 | 2 }[]; tsa?: string[] }
) & {
  /** What their answers are checked against; without it, that of the trust configuration or of the promoter. */
  trustedRoot?: string;
  /** `false` for a certificate authority of one's own that enters its certificates in no log. */
  certificateLog?: boolean;
  network?: Network;
};

/** A new key in PEM. */
export interface KeyPair {
  private: string;
  public: string;
}

/**
 * A window in which nothing is executed, in a time zone such as `Europe/Berlin`: from and until a date with or without a time
 * (`2026-12-20T16:00`), or every week (`fri 16:00`).
 */
export interface Freeze {
  name: string;
  zone: string;
  from: string;
  until: string;
}

/** Until when a plan may be approved, and executed, in RFC 3339. */
export interface Deadlines {
  approveBy?: string;
  executeBy?: string;
}

/** Which approvals count. Without a word: one person who is not the requester, by any kind, within a day. */
export interface ApprovalPolicy {
  accept?: ApprovalKind[];
  required?: number;
  /** `key` is the person's public key in PEM, `identities` are who the person is to providers of identities. */
  approvers?: { name: string; key?: string; identities?: Identity[] }[];
  /** Some of the approvers, of whom some must approve, by name. A person counts once, and for one group. */
  groups?: Record<string, { required: number; of: string[] }>;
  excludeRequester?: boolean;
  maxAgeSeconds?: number;
  freeze?: Freeze[];
  /** What has to come with keyless approvals. */
  demands?: Demands;
}

/** A certificate or key in PEM: the text itself, or the path of a file with it. */
export type Pem = { pem: string } | { path: string };

/** How registries are reached. */
export interface Network {
  /** `environment` (the default), `none`, or the address of a proxy: `http://user:password@host:port`. */
  proxy?: string;
  /** The authorities that are trusted beside the machine's. */
  authorities?: Pem[];
  /** What a registry is shown that asks for a certificate; no other server is. */
  clientCertificate?: { certificate: Pem; key: Pem };
}

/** A registry and its system, and how one logs in there. */
export interface Registry {
  /** The host, as in the names of its images: `name` or `name:port`. */
  host: string;
  system?: 'oci' | 'harbor' | 'ecr' | 'acr' | 'artifactory' | 'openshift';
  /** Without it, what docker's and podman's files say. */
  login?: RegistryLogin;
  /** Where the interface is, where not at the usual place of the system. */
  api?: string;
  /** AWS: the profile; the account and the region, where the host does not say them. */
  profile?: string;
  account?: string;
  region?: string;
  /** AWS: whether a push makes the repository that it needs. */
  createOnPush?: boolean;
  /** Azure: the resource id of the registry. */
  resourceId?: string;
  /** Artifactory: the key of the repository, where the host stands for it. */
  key?: string;
  /** OpenShift: the context of the kubeconfig. */
  context?: string;
}

/** A user with a password, or a token alone; either may be in a variable of the environment. */
export type RegistryLogin =
  | ({ user: string } & ({ password: string } | { passwordEnv: string }))
  | { token: string }
  | { tokenEnv: string };

/** How registries are reached that are looked at. */
export interface RegistriesConfig {
  /** The registries that are more than the OCI protocol, or have a login of their own. */
  registries?: Registry[];
  network?: Network;
}

/** A login in the clear, as for `docker login --password-stdin`. */
export interface Login {
  user: string;
  password: string;
}

/** What names a manifest or a blob (OCI image specification, `descriptor.md`). */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string;
  annotations?: Record<string, string>;
}

/** What an image is, under the names that `skopeo inspect` gives. */
export interface Inspection {
  Name?: string;
  /** Of what the reference names: of the index, where it is one. */
  Digest: string;
  RepoTags: string[];
  Created: string | null;
  DockerVersion: string;
  Labels: Record<string, string> | null;
  Architecture: string;
  Os: string;
  Layers: string[];
  LayersData: { MIMEType: string; Digest: string; Size: number; Annotations: Record<string, string> | null }[];
  Env: string[] | null;
}

/** What has to come with the signatures of a key. All of it needs a trusted root. */
export interface KeyDemands {
  /** When the key is valid, in RFC 3339; both ends belong to it. */
  valid?: { start?: string; end?: string };
  logs?: number;
  timestamps?: number;
}

/** A public key that is trusted. */
export type TrustedKey = PublicKey & { demands?: KeyDemands };

/** A keyless signer: one subject with one issuer, each exactly or as a pattern for the whole of it. */
export interface Identity {
  subject?: string;
  subjectRegexp?: string;
  issuer?: string;
  issuerRegexp?: string;
  noIssuer?: boolean;
  claims?: Record<string, string>;
  claimsRegexp?: Record<string, string>;
}

/** What has to come with a keyless signature. By default one log, and a certificate that is in a log. */
export interface Demands {
  logs?: number;
  timestamps?: number;
  certificateLog?: boolean;
  shown?: 'by-proof' | 'by-proof-where-possible' | 'by-promise';
}

/** Keyless signers under one name, each as good as another. */
export interface Signers {
  name: string;
  identities: Identity[];
  demands?: Demands;
}

/** What a promoter is made of. */
export interface PromoterConfig {
  /** The repository that images come from. */
  source: string;
  /** The repository that images go to. */
  target: string;
  /** The environment that they enter. */
  environment: string;
  /** The policy, as YAML or as the path of a file. */
  policy?: string;
  /** The public keys whose signatures count. */
  trustedKeys?: TrustedKey[];
  /** The keyless signers whose signatures count, besides those of the policy. */
  trustedSigners?: Signers[];
  /** The trusted root that keyless signatures, log entries and timestamps are traced back to: its JSON, or a path. */
  trustedRoot?: string;
  /** Policies for images (`ClusterImagePolicy`), each as YAML or as the path of a file. */
  imagePolicies?: string[];
  /** Who signs the promotion record, and what is attached; without one, no record is. */
  signer?: Signer;
  approval?: ApprovalPolicy;
  /** The registries that are more than the OCI protocol, or have a login of their own. */
  registries?: Registry[];
  network?: Network;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string;
  /** A clock that stands still, in RFC 3339, for tests and for reproducing a verdict. */
  clock?: string;
}

/** Something to attach to the image. */
export type Attachment =
  | ({ kind: 'document' | 'sbom'; mediaType: string } & ({ text: string } | { path: string }))
  | { kind: 'statement'; predicateType: string; predicate: unknown }
  /** A signature of the image; the annotations are signed along with it. */
  | { kind: 'signature'; annotations?: Record<string, string>; form?: Form }
  /** A statement of a type by its name (`spdx`, `slsaprovenance1`, `custom`) or URI, with a predicate that is what it says. */
  | ({ kind: 'attestation'; type: string; form?: Form } & ({ text: string } | { path: string } | { predicate: unknown }));

/** What somebody wants to have attached to an image where it is, in the promoter's target. */
export interface AttachRequest {
  image: string;
  requester: string;
  reason?: string;
  attach: Attachment[];
}

/** An emergency in which the gates are overruled; `expires` in RFC 3339. */
export interface BreakGlass {
  justification: string;
  expires: string;
}

/** A tag of the promoter's target that shall name again what it named before. */
export interface RollbackRequest {
  tag: string;
  requester: string;
  reason?: string;
}

/** An image at the target, by tag or digest, whose newest record is reproduced. */
export interface ReproduceRequest {
  image: string;
}

/** What somebody wants. */
export interface Request {
  from: string;
  to: string;
  requester: string;
  reason?: string;
  moveTags?: boolean;
  attach?: Attachment[];
}

/** How far an execution is. */
export interface Progress {
  /** How many changes of the plan are finished, of `steps`. */
  done: number;
  steps: number;
  /** The change that is being made, in words; `null` at the end. */
  what: string | null;
  /** How many bytes of blobs were read for the target, or are there already, of `total`. */
  bytes: number;
  total: number;
}

/** What an SBOM is to be made of. */
export type GenerateRequest = (
  | {
      image: string;
      /** The platform of an image that is there for several, such as `linux/amd64`. */
      platform?: string;
      registries?: Registry[];
      network?: Network;
    }
  | { folder: string }
) &
  (
    | {
        generator?: 'cache';
        /** The folder where Cache's own generator keeps what it finds in layers. */
        layerCache?: string;
        /** The time in the document, in RFC 3339. */
        clock?: string;
      }
    | {
        generator: 'syft' | 'trivy';
        /** Where the program is, if not in `PATH`. */
        program?: string;
      }
  );

/** How far an SBOM is: a layer is begun (`known` where it need not be read), more of it is read, all packages are found. */
export type GenerateProgress =
  | { kind: 'layer'; digest: string; size: number; known: boolean }
  | { kind: 'bytes'; digest: string; read: number }
  | { kind: 'packages'; count: number };

/** How bad a vulnerability is. */
export type Severity = 'unknown' | 'negligible' | 'low' | 'medium' | 'high' | 'critical';

/** Which scanner: Cache's own, with a database, or a program. */
export type ScannerConfig =
  | { scanner?: 'cache'; database: string }
  | {
      scanner: 'grype' | 'trivy';
      /** Where the program is, if not in `PATH`. */
      program?: string;
    };

/** A scanner; what is known before it runs. */
export interface ScannerInfo {
  name: string;
  version?: string;
  dataAsOf?: string;
}

/** What one source says of how bad a vulnerability is. */
export interface Rating {
  source: string;
  severity: Severity;
  score?: number;
  vector?: string;
}

/** A vulnerability in a package. */
export interface ScanFinding {
  id: string;
  aliases?: string[];
  severity: Severity;
  package: string;
  version: string;
  purl?: string;
  fixedIn?: string;
  fixState?: 'unknown' | 'fixed' | 'not-fixed' | 'wont-fix';
  ratings?: Rating[];
  sources?: string[];
  sourcePackage?: string;
  exploited?: boolean;
  /** How likely it is to be exploited soon; both are shares from 0 to 1. */
  epss?: { probability: number; percentile: number };
}

/** Something that a scan could not answer: `no-version`, `no-data`, `unreadable-version`, ... */
export interface Note {
  code: string;
  package: string;
  version?: string;
  purl?: string;
  advisories?: string[];
  message: string;
}

/** What a scanner found, whatever scanner it was (docs/schema/report-v1.json). */
export interface Report {
  scanner: string;
  scannerVersion?: string;
  scannedAt?: string;
  dataAsOf?: string;
  subjects?: string[];
  platform?: { os: string; architecture: string; variant?: string };
  /** How many packages were looked at, where the scanner says. */
  packages?: number;
  findings: ScanFinding[];
  notes?: Note[];
}

/** Several reports as one list (docs/schema/merged-report-v1.json). */
export interface MergedReport {
  reports: { scanner: string; scannerVersion?: string; dataAsOf?: string; findings: number }[];
  findings: MergedFinding[];
}

/** One vulnerability in one package. `said` is what each report says of it, `differences` where they do not agree. */
export interface MergedFinding {
  id: string;
  aliases?: string[];
  package: string;
  versions: string[];
  severity: Severity;
  said: { report: number; finding: ScanFinding }[];
  differences?: {
    kind: 'missing' | 'severity' | 'fix';
    why: 'noted' | 'other-version' | 'older-data' | 'other-source' | 'unknown';
    message: string;
  }[];
}

/** What a database at `path` is to be made of. */
export interface DatabaseBuildRequest {
  path: string;
  /** Folders of OSV's archives. */
  osv?: string[];
  /** Grype's databases: `vulnerability.db`. */
  grype?: string[];
  /** Trivy's databases: `trivy.db`. */
  trivy?: string[];
}

/** What a database at `path` is to be brought up to date with. */
export interface DatabaseUpdateRequest {
  path: string;
  /** OSV's archives: where they are, and which ecosystems; without any, all that Cache can match. */
  osv?: { address?: string; ecosystems?: string[] };
  /** Grype's database, by the address of its listing. */
  grype?: { listing?: string };
  /** Trivy's database, an artifact in a registry. */
  trivy?: { image?: string };
  /** The folder where what is fetched is kept; without it, `<path>.sources`. */
  downloads?: string;
  registries?: Registry[];
  network?: Network;
}

/** What a database was made of. */
export interface DatabaseInfo {
  dataAsOf?: string;
  sources: {
    name: 'osv' | 'grype' | 'trivy';
    asOf?: string;
    advisories: number;
    withdrawn: number;
    /** How many records could not be taken, by the reason. */
    leftOut?: Record<string, number>;
  }[];
  advisories: number;
  packages: number;
  ecosystems: Record<string, number>;
}

/** What an update came to. */
export interface DatabaseUpdated {
  info: DatabaseInfo;
  changed: boolean;
}

/** How far an update is: a download is begun (`already` bytes of it are here), more of it came, the database is made. */
export type DatabaseProgress =
  | { kind: 'download'; what: string; already: number; size?: number }
  | { kind: 'bytes'; what: string; read: number }
  | { kind: 'unchanged'; what: string }
  | { kind: 'build' }
  | { kind: 'built'; advisories: number; packages: number };

/** What a person answered when shown a plan. */
export interface Answer {
  decision: Decision;
  approver: string;
  comment?: string;
}

/** One thing that a gate found. `wouldBe` belongs to the outcome `excepted`. */
export interface Reason {
  outcome: Outcome;
  code: string;
  message: string;
  wouldBe?: Outcome;
}

/** A piece of evidence that a gate judged. */
export interface LookedAt {
  what: string;
  digest: string;
  about: string;
  source: string;
}

/** The answer of one gate. */
export interface Verdict {
  gate: string;
  outcome: Outcome;
  reasons: Reason[];
  lookedAt: LookedAt[];
}

/** What a gate written in JavaScript returns. A stated outcome can be stricter than the reasons, never milder. */
export interface Judgement {
  gate?: string;
  outcome?: Outcome;
  reasons: Reason[];
  lookedAt?: LookedAt[];
}

/** Who signed: a key, or somebody to whom a certificate authority issued a certificate. */
export type By =
  | { kind: 'key'; name: string; fingerprint: string }
  | { kind: 'certificate'; subject: string; issuer?: string; claims?: Record<string, string> };

/** A piece of evidence. `by` is who signed it, `null` where no signature verified. */
export interface Attached<T> {
  value: T;
  digest: string;
  about: string;
  found: string;
  by: By | null;
}

/** What is known about an image when the gates judge it. */
export interface Evidence {
  image: { repository: string; digest: string };
  platforms: { digest: string; platform: Record<string, unknown> | null }[];
  now: string;
  sboms: Attached<{
    format: string;
    describes: string[];
    packages: { name: string; version: string | null; purl: string | null; licenses: string[] }[];
  }>[];
  reports: Attached<Record<string, unknown>>[];
  vex: Attached<{
    format: string;
    id: string | null;
    author: string | null;
    statements: {
      position: string;
      vulnerabilities: string[];
      products: { product: string; component: string | null }[];
      status: VexStatus;
      justification: string | null;
      explanation: string | null;
      at: string | null;
    }[];
    problems: { position: string; message: string }[];
  }>[];
  signatures: Attached<string>[];
  statements: Attached<{ predicateType: string; predicate: unknown }>[];
  problems: { what: string; digest: string; kind: string; message: string }[];
}

/** By which rules reports are assessed, and what they are about. */
export interface AssessRequest {
  /** The image. Without a digest, the one that the reports name. */
  image?: string;
  /** The policy, as YAML or as the path of a file; without one, the default of the environment. */
  policy?: string;
  /** The environment whose rules apply; `prod` where it is left out. */
  environment?: string;
  /** A clock that stands still, in RFC 3339. */
  clock?: string;
  /** Verdicts of other gates, to stand in the same report. */
  gates?: Verdict[];
}

export type ReportFormat = 'json' | 'sarif' | 'junit' | 'gitlab' | 'cyclonedx' | 'table' | 'markdown' | 'html';
export type VexStatus = 'affected' | 'under_investigation' | 'fixed' | 'not_affected';

/** A verdict with all that it is made of. The schema is docs/schema/assessment-v1.json. */
export interface AssessmentData {
  image?: string;
  digest?: string;
  at: string;
  policy?: string;
  environment?: string;
  verdict: Verdict;
  gates?: Verdict[];
  scans: { report: string; scanner: string; version?: string; scannedAt?: string; dataAsOf?: string; findings: number }[];
  tallies: {
    severity: Severity;
    found: number;
    foundWithFix: number;
    counting: number;
    countingWithFix: number;
    excepted: number;
    cleared: number;
    max?: number;
    maxWithFix?: number;
  }[];
  vulnerabilities: AssessedVulnerability[];
  remedies?: { package: string; from: string[]; to: string[]; resolves: string[] }[];
  exceptions?: { exception: string; id: string; state: string; means?: string[]; expires?: string }[];
  vex?: {
    document: string;
    format: 'openvex' | 'cyclonedx' | 'csaf';
    id?: string;
    author?: string;
    signedBy?: string;
    trusted: boolean;
    statements: number;
    matched: number;
    unmatched?: { position: string; vulnerability: string; differs?: string }[];
    problems?: { position: string; message: string }[];
  }[];
  notes?: { code: string; package: string; version?: string; purl?: string; advisories?: string[]; message: string }[];
  packages?: {
    total: number;
    layers?: { layer: string; packages: number; affected: number; vulnerabilities: number }[];
  };
}

/** One vulnerability in one package, whoever reported it. */
export interface AssessedVulnerability {
  id: string;
  aliases?: string[];
  severity: Severity;
  /** Whose word that is: the source of the rating, or the scanner. */
  severityBy: string;
  score?: number;
  ratings?: { source: string; severity: Severity; score?: number; vector?: string }[];
  package: string;
  versions: string[];
  purls?: string[];
  layers?: string[];
  fixedIn?: string[];
  fixState: 'unknown' | 'fixed' | 'not-fixed' | 'wont-fix';
  sources?: string[];
  reportedBy: string[];
  exploited?: boolean;
  epss?: { probability: number; percentile: number };
  standing: 'counts' | 'excepted' | 'cleared';
  /** Where it does not count: what it would amount to if it did. */
  wouldBe?: Outcome;
  /** The codes of the verdict's reasons by which it stops the image. */
  blocks?: string[];
  exceptions?: string[];
  vex?: {
    document: string;
    position: string;
    status: VexStatus;
    justification?: string;
    explanation?: string;
    author?: string;
    signedBy?: string;
    at?: string;
    /** Why it does not count. */
    ignored?: 'unverified' | 'unjustified' | 'broad' | 'superseded' | 'older';
  }[];
}

/** An image, and whose signatures count. */
export interface VerifyRequest {
  image: string;
  trustedKeys?: TrustedKey[];
  trustedSigners?: Signers[];
  trustedRoot?: string;
  /** Asks for an attestation of this type, by name or URI, in the place of a signature. */
  attestation?: string;
  registries?: Registry[];
  network?: Network;
}

/** A TUF repository with a trusted root. */
export interface TufRequest {
  url: string;
  /** The TUF root that is trusted to begin with: its JSON, or the path of a file with it. */
  root: string;
  /** Remembers what was seen, so that nothing older is accepted later, and has the newest `trusted_root.json`. */
  folder?: string;
  network?: Network;
  clock?: string;
}

/** What is attached to an image and verifies, and in `problems` what does not. What is about a platform says so in `about`. */
export interface Verified {
  image: Evidence['image'];
  signatures: Attached<{ annotations: Record<string, string> }>[];
  statements: Evidence['statements'];
  problems: Evidence['problems'];
}

/** Where an image, or a platform of it, runs; `since` in RFC 3339. */
export interface Deployment {
  digest: string;
  place: string;
  since?: string;
}

/** An image, whose word about it counts, and where images run. */
export interface StoryRequest {
  image: string;
  trustedKeys?: TrustedKey[];
  trustedSigners?: Signers[];
  trustedRoot?: string;
  deployments?: Deployment[];
  registries?: Registry[];
  network?: Network;
}

/** One thing that happened to an image, and who says so. What is only claimed, whoever could push could write. */
export interface StoryEvent {
  at?: string;
  kind: 'built' | 'described' | 'scanned' | 'tested' | 'signed' | 'stated' | 'judged' | 'promoted' | 'deployed';
  title: string;
  facts: { name: string; value: string }[];
  standing: { kind: 'verified'; by: Record<string, unknown> } | { kind: 'claimed' };
  digest: string;
  about: string;
  found: string;
}

/** What registries know about an image, oldest first; the schema is `story-v1.json`. */
export interface StoryData {
  reference: string;
  image: Evidence['image'];
  platforms: { digest: string; platform?: string }[];
  toldAt: string;
  events: StoryEvent[];
  problems: { what: string; digest: string; why: string }[];
}

/** A package of an SBOM in short. */
export interface ListedPackage {
  id: string;
  name: string;
  version?: string;
  purl?: string;
  licenses: string[];
}

/** Which packages are wanted. A `*` stands for any text, and case does not matter. */
export interface SbomQuery {
  /** The name, with or without its group. */
  name?: string;
  /** A purl, which may leave out what does not matter, or a pattern of it. */
  purl?: string;
  /** The type of the purl, such as `deb`. */
  type?: string;
  /** An SPDX identifier in the licence, whatever way it is written, or the licence's whole text. */
  license?: string;
}

/** What is in an SBOM, counted. */
export interface SbomCount {
  packages: number;
  files: number;
  relationships: number;
  findings: number;
  byType: Record<string, number>;
  withoutPurl: number;
}

/** How many packages have which licence. */
export interface LicenseHistogram {
  stated: Record<string, number>;
  identifiers: Record<string, number>;
  notUnderstood: Record<string, number>;
  without: number;
}

/** The ways that lead to a package. */
export interface SbomPaths {
  found: number;
  paths: {
    id: string;
    name: string;
    version: string | null;
    link: 'depends-on' | 'contains' | 'describes' | null;
  }[][];
  more: boolean;
}

/** What changed from one SBOM to another. */
export interface SbomDiff {
  added: ListedPackage[];
  removed: ListedPackage[];
  versions: { name: string; purl?: string; before: string | null; after: string | null }[];
  licenses: { name: string; version: string | null; purl?: string; before: string[]; after: string[] }[];
  unchanged: number;
}

/** How much of the NTIA's minimum elements an SBOM has. */
export interface SbomScore {
  complete: boolean;
  percent: number;
  packages: number;
  elements: {
    element: 'supplier' | 'name' | 'version' | 'unique-identifier' | 'relationship' | 'author' | 'timestamp';
    have: number;
    of: number;
    lacking: { id: string; name: string }[];
  }[];
}

/** A licence as an SBOM states it. */
export interface StatedLicense {
  text: string;
  form: 'expression' | 'id' | 'name';
  stage: 'unstated' | 'declared' | 'concluded';
}

/** What an SBOM says, whatever its format. What is not stated is left out. */
export interface SbomData {
  format: string;
  metadata: {
    name?: string;
    id?: string;
    created?: string;
    authors?: string[];
    tools?: string[];
    subject?: string;
  };
  describes?: string[];
  packages: {
    id: string;
    kind: string;
    name: string;
    version?: string;
    purl?: string;
    cpes?: string[];
    licenses?: StatedLicense[];
    hashes?: { algorithm: string; value: string }[];
    supplier?: string;
    author?: string;
    copyright?: string;
    description?: string;
    download?: string;
    homepage?: string;
    properties?: { name: string; value: string }[];
  }[];
  files?: {
    id: string;
    path: string;
    hashes?: { algorithm: string; value: string }[];
    licenses?: StatedLicense[];
  }[];
  relationships?: { from: string; relation: string; to: string }[];
  licenseTexts?: { id: string; text: string; name?: string }[];
  findings?: { code: string; position: string; message: string }[];
}

/** An image that is deployed: its reference, the digest that runs, or both; and who uses it, for people. */
export interface DeployedImage {
  image?: string;
  digest?: string;
  usedBy?: string;
}

/** What is deployed in one place. It is believed only where it is complete and fresh. */
export interface Inventory {
  version: 1;
  source: string;
  /** In RFC 3339. */
  taken: string;
  complete: boolean;
  images: DeployedImage[];
}

/** What tells what is deployed. */
export type InventorySource =
  | { file: string }
  | { inventory: Inventory }
  /** A cluster that is asked, by a kubeconfig, or from within; `lists` are further lists of its API with pod templates. */
  | { kubernetes: { name: string; kubeconfig?: string; context?: string; lists?: string[] } }
  /** What `kubectl get -o json` printed, all of it; `taken` is when the first was asked for. */
  | { kubernetesDocuments: { source: string; taken: string; documents: unknown[] } };

/** The repositories of one environment in one registry, and what of them is kept. */
export interface RetentionConfig {
  repositories: string[];
  /** The registries that are more than the OCI protocol. */
  registries?: Registry[];
  environment: string;
  /** The policy with its `retention_policy`, as YAML or as the path of a file. */
  policy: string;
  inventories?: InventorySource[];
  /** The beginning of names at a mirror, and what stands there in the registry itself. */
  mirrors?: { mirror: string; of: string }[];
  /** What the registry does when a tag is deleted, where that is known. */
  untag?: 'alone' | 'alone-but-last' | 'never' | 'with-manifest';
  concurrency?: number;
  maxRequests?: number;
  approval?: ApprovalPolicy;
  /** The trusted root that keyless approvals are traced back to: its JSON, or a path. */
  trustedRoot?: string;
  network?: Network;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string;
  /** The folder of restore files. */
  restore?: string;
  clock?: string;
}

/** Who wants to have repositories cleaned up, and why. */
export interface RetentionRequest {
  requester: string;
  reason?: string;
}

/** What somebody wants back: all that the restore file has, or only these manifests with what belongs to them. */
export interface RestoreRequest {
  file: string;
  only?: string[];
  requester: string;
  reason?: string;
}

/** How many requests were sent, and how many it will be at least. */
export interface Requests {
  sent: number;
  estimated: number;
}

/** A reason: a stable code, and words. */
export interface Why {
  code: string;
  message: string;
}

/** What becomes of everything, and why. */
export interface ProposalData {
  state: 'ready' | 'refused' | 'nothing';
  refusals: string[];
  totals: { imagesKept: number; imagesDeleted: number; manifestsDeleted: number; tagsDeleted: number };
  /** Blobs and bytes that are set free, each counted once, of all bytes that were looked at. */
  frees: { blobs: number; bytes: number; of: number };
  requests: Requests;
  executionRequests: number;
  inventories: { source: string; taken: string; images: number; digest: string }[];
  repositories: {
    repository: string;
    manifests: {
      digest: string;
      kind: 'image' | 'child' | 'attachment' | 'left-over';
      fate: 'keep' | 'delete';
      why: Why[];
      tags: { tag: string; fate: 'keep' | 'delete'; why: Why }[];
    }[];
    notes: string[];
  }[];
}

/** A policy of a registry, and a listing to try it on: what the registry answered, or images read by the caller. */
export type SimulateRequest = { vendor: 'ecr' | 'harbor' | 'acr'; policy: string; repository?: string; clock?: string } & (
  | { listing: unknown }
  | {
      images: {
        digest: string;
        tags?: string[];
        pushed?: string;
        pulled?: string;
        children?: string[];
        locked?: boolean;
        /** When it lost its last tag, which ACR counts from. */
        untagged?: string;
        /** When it was deleted, where the registry keeps what is. */
        deleted?: string;
      }[];
    }
);

/** An image that a registry would delete, and why. */
export interface DoomedImage {
  digest: string;
  tags: string[];
  why: string;
}

/** The rules of an environment that are to be said in the words of a registry. */
export interface TranslateRequest {
  vendor: 'ecr' | 'harbor' | 'acr' | 'openshift';
  policy: string;
  environment: string;
}

/** The document, where there is one, and what it does not say. */
export interface Translation {
  document: Record<string, unknown> | null;
  unsaid: string[];
}

/** The desk where answers arrive. They count where a service signed them. */
export interface DeskConfig {
  /** The approvers by what the services call them: `slack:U123`, or `teams:` and the id of the account in the directory. */
  people: Record<string, string>;
  /** The secret with which Slack signs its requests. */
  slackSecret?: string;
  /** The token of an outgoing webhook of Teams'. */
  teamsToken?: string;
}

/** A way to reach people. Addresses of webhooks are secrets. */
export type Channel =
  | { kind: 'slack'; url: string }
  /** `bot` is the name of the outgoing webhook that takes the answers. */
  | { kind: 'teams'; url: string; bot: string }
  /** `url` is where it takes events, if not at PagerDuty's usual address. */
  | { kind: 'pagerduty'; key: string; url?: string };

/** Whom to ask at once, and whom to wake when nobody answers. */
export interface AskConfig {
  urgency?: 'normal' | 'high' | 'critical';
  ask: Channel[];
  alarm?: Channel;
  /** Without it after 5 and 10 minutes where it is critical, else after 15 and 30. */
  alarmAfterSeconds?: number[];
  giveUpAfterSeconds?: number;
}

/** What a scan found of an image, which is named by its digest. */
export interface Alert {
  image: string;
  report: Report;
}

/** What is sent back to the service. */
export interface Reply {
  status: number;
  body: string;
}

/** What an administrator is made of: one registry, one environment. */
export interface AdministratorConfig {
  registry: Registry;
  environment: string;
  approval?: ApprovalPolicy;
  network?: Network;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string;
  clock?: string;
}

/** An image by its digest. */
export interface PinnedImage {
  repository: string;
  digest: string;
}

/** What a policy or an account is for. */
export type Scope =
  | { registry: string }
  | { project: { registry: string; name: string } }
  | { repository: string };

/** A change of what a registry keeps. Documents are in the vendor's words; docs/adapters.md says which registry takes which. */
export type Action =
  | { kind: 'create-repository'; repository: string; settings: unknown }
  | {
      kind: 'set-policy';
      policy: 'retention' | 'soft-delete' | 'immutability' | 'scanning' | 'access' | 'quota' | 'admin-user';
      scope: Scope;
      /** The document; absent to remove the policy. */
      to?: unknown;
    }
  | { kind: 'start-scan'; image: PinnedImage }
  | { kind: 'import'; from: PinnedImage; to: string; follow?: string }
  | { kind: 'set-lock'; of: string; delete: boolean; write: boolean }
  | { kind: 'set-properties'; image: string; properties: Record<string, string[]> }
  | { kind: 'create-account'; scope: Scope; name: string; grants: unknown; days?: number }
  | { kind: 'delete-account'; scope: Scope; name: string }
  | { kind: 'set-automation'; automation: 'webhook' | 'task'; scope: Scope; name: string; to?: unknown }
  | { kind: 'build'; source: { path: string; digest: string; size: number }; to: string; settings: unknown };

/** One thing to be done. */
export type Wish =
  | { action: Action }
  /** The registry builds an image from an archive (`.tar.gz`), as it is now. */
  | { build: { source: string; to: string; settings?: unknown } }
  | { tag: { image: PinnedImage; tag: string; moveTag?: boolean } }
  /** The tag goes, and the image stays. */
  | { untag: string }
  | { delete: { image: PinnedImage; withTags?: boolean } };

/** What somebody wants done, in this order. */
export interface UpkeepRequest {
  requester: string;
  reason?: string;
  /** What it is, in a few words. */
  what: string;
  wishes: Wish[];
}

/** What a registry can be asked; docs/adapters.md says which answers what. */
export type Question =
  | { kind: 'projects' | 'settings' | 'storage' }
  | { kind: 'repositories'; project?: string }
  | { kind: 'repository' | 'images' | 'tags' | 'room' | 'layers'; repository: string }
  | { kind: 'image' | 'tags-of' | 'findings'; image: PinnedImage }
  | { kind: 'locks'; of: string }
  | { kind: 'properties'; image: string }
  | { kind: 'quota' | 'accounts'; project: string }
  | { kind: 'configuration'; key: string }
  | { kind: 'search'; query: string }
  | { kind: 'log'; run: string }
  /** How that stands which the action is about; nothing of it is done. */
  | { kind: 'standing'; action: Action };
