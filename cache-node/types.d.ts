// The plain data that crosses between JavaScript and the core. The schemas in docs/schema say the same.

export type Decision = 'approve' | 'deny';
export type ApprovalKind = 'terminal' | 'callback' | 'key';
export type Outcome = 'pass' | 'excepted' | 'warn' | 'fail' | 'error';

/** A key in PEM: the text itself, or the path of a file with it. */
export type Key = { name: string } & ({ pem: string } | { path: string });

/** Which approvals count. Without a word: one person who is not the requester, by any kind, within a day. */
export interface ApprovalPolicy {
  accept?: ApprovalKind[];
  required?: number;
  /** `key` is the person's public key in PEM. */
  approvers?: { name: string; key?: string }[];
  excludeRequester?: boolean;
  maxAgeSeconds?: number;
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
  trustedKeys?: Key[];
  /** The private key that signs the promotion record; without one, no record is attached. */
  signer?: Key;
  approval?: ApprovalPolicy;
  network?: Network;
  /** The folder where used approvals are remembered; without one, the user's own. */
  ledger?: string;
  /** A clock that stands still, in RFC 3339, for tests and for reproducing a verdict. */
  clock?: string;
}

/** Something to attach to the image. */
export type Attachment =
  | ({ kind: 'document'; mediaType: string } & ({ text: string } | { path: string }))
  | { kind: 'statement'; predicateType: string; predicate: unknown };

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

/** A piece of evidence. `by` is who signed it, `null` where no signature verified. */
export interface Attached<T> {
  value: T;
  digest: string;
  about: string;
  found: string;
  by: { kind: string; name: string; fingerprint: string } | null;
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
  signatures: Attached<string>[];
  statements: Attached<{ predicateType: string; predicate: unknown }>[];
  problems: { what: string; digest: string; kind: string; message: string }[];
}
