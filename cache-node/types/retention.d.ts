// What of an environment is kept and what goes.

import type { ApprovalPolicy } from './approve.js';
import type { Network, Registry } from './registry.js';

/** An image that is deployed: its reference, the digest that runs, or both; and who uses it, for people. */
export interface DeployedImage {
  image?: string | undefined;
  digest?: string | undefined;
  usedBy?: string | undefined;
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
  | { kubernetes: { name: string; kubeconfig?: string | undefined; context?: string | undefined; lists?: string[] | undefined } }
  /** What `kubectl get -o json` printed, all of it; `taken` is when the first was asked for. */
  | { kubernetesDocuments: { source: string; taken: string; documents: unknown[] } };

/** The repositories of one environment in one registry, and what of them is kept. */
export interface RetentionConfig {
  repositories: string[];
  /** The registry, where it is more than the OCI protocol or has a login of its own. */
  registries?: Registry[] | undefined;
  environment: string;
  /** The policy with its `retention_policy`, as YAML or as the path of a file. */
  policy: string;
  inventories?: InventorySource[] | undefined;
  /** The beginning of names at a mirror, and what stands there in the registry itself. */
  mirrors?: { mirror: string; of: string }[] | undefined;
  /** What the registry does when a tag is deleted, where that is known. */
  untag?: 'alone' | 'alone-but-last' | 'never' | 'with-manifest' | undefined;
  concurrency?: number | undefined;
  maxRequests?: number | undefined;
  /** Without it, the policy's `approval_policy` for the environment; both together are refused. */
  approval?: ApprovalPolicy | undefined;
  /** The trusted root that keyless approvals are traced back to: its JSON, or a path. */
  trustedRoot?: string | undefined;
  network?: Network | undefined;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string | undefined;
  /** The folder of restore files; without it, `cache/restore` beside the user's own ledger. */
  restore?: string | undefined;
  clock?: string | undefined;
}

/** Who wants to have repositories cleaned up, and why. */
export interface RetentionRequest {
  requester: string;
  reason?: string | undefined;
}

/** What somebody wants back: all that the restore file has, or only these manifests with what belongs to them. */
export interface RestoreRequest {
  file: string;
  only?: string[] | undefined;
  requester: string;
  reason?: string | undefined;
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
export type SimulateRequest = {
  vendor: 'ecr' | 'harbor' | 'acr';
  policy: string;
  repository?: string | undefined;
  clock?: string | undefined;
} & (
  | { listing: unknown }
  | {
      images: {
        digest: string;
        tags?: string[] | undefined;
        pushed?: string | undefined;
        pulled?: string | undefined;
        children?: string[] | undefined;
        locked?: boolean | undefined;
        /** When it lost its last tag, which ACR counts from. */
        untagged?: string | undefined;
        /** When it was deleted, where the registry keeps what is. */
        deleted?: string | undefined;
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
