// What a promoter is made of, and what is asked of it.

import type { ApprovalPolicy } from './approve.js';
import type { Network, Registry } from './registry.js';
import type { Form, Signer, Signers, TrustedKey } from './sign.js';

/** What a promoter is made of. */
export interface PromoterConfig {
  /** The repository that images come from. */
  source: string;
  /** The repository that images go to. */
  target: string;
  /** The environment that they enter. */
  environment: string;
  /** The policy, as YAML or as the path of a file. */
  policy?: string | undefined;
  /** The public keys whose signatures count. */
  trustedKeys?: TrustedKey[] | undefined;
  /** The keyless signers whose signatures count, besides those of the policy. */
  trustedSigners?: Signers[] | undefined;
  /** The trusted root that keyless signatures, log entries and timestamps are traced back to: its JSON, or a path. */
  trustedRoot?: string | undefined;
  /** Policies for images (`ClusterImagePolicy`), each as YAML or as the path of a file. */
  imagePolicies?: string[] | undefined;
  /** Who signs the promotion record, and what is attached; without one, no record is. */
  signer?: Signer | undefined;
  /** Without it, the policy's `approval_policy` for the environment; both together are refused. */
  approval?: ApprovalPolicy | undefined;
  /** The registries that are more than the OCI protocol, or have a login of their own: those of the source and the target. */
  registries?: Registry[] | undefined;
  network?: Network | undefined;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string | undefined;
  /** A clock that stands still, in RFC 3339, for tests and for reproducing a verdict. */
  clock?: string | undefined;
}

/** Something to attach to the image. */
export type Attachment =
  | ({ kind: 'document' | 'sbom'; mediaType: string } & ({ text: string } | { path: string }))
  | { kind: 'statement'; predicateType: string; predicate: unknown }
  /** A signature of the image; the annotations are signed along with it. */
  | { kind: 'signature'; annotations?: Record<string, string> | undefined; form?: Form | undefined }
  /** A statement of a type by its name (`spdx`, `slsaprovenance1`, `custom`) or URI, with a predicate that is what it says. */
  | ({ kind: 'attestation'; type: string; form?: Form | undefined } & ({ text: string } | { path: string } | { predicate: unknown }));

/** What somebody wants to have attached to an image where it is, in the promoter's target. */
export interface AttachRequest {
  image: string;
  requester: string;
  reason?: string | undefined;
  attach: Attachment[];
}

/** An emergency in which the gates are overruled; `expires` in RFC 3339. */
export interface BreakGlass {
  justification: string;
  expires: string;
}

/** A tag of the promoter's target that shall name again what it named before. */
export interface RollbackRequest {
  /** With its repository: `oci:staging:v1`. */
  tag: string;
  requester: string;
  reason?: string | undefined;
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
  reason?: string | undefined;
  moveTags?: boolean | undefined;
  attach?: Attachment[] | undefined;
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
