// What registries keep, and changes of that.

import type { ApprovalPolicy } from './approve.js';
import type { Network, Registry } from './registry.js';

/** What an administrator is made of: one registry, one environment. */
export interface AdministratorConfig {
  registry: Registry;
  environment: string;
  approval?: ApprovalPolicy | undefined;
  network?: Network | undefined;
  /** Where used approvals are remembered: a folder, or `s3://`, `gs://` or `az://` where several machines execute plans. */
  ledger?: string | undefined;
  clock?: string | undefined;
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
  | { kind: 'import'; from: PinnedImage; to: string; follow?: string | undefined }
  | { kind: 'set-lock'; of: string; delete: boolean; write: boolean }
  | { kind: 'set-properties'; image: string; properties: Record<string, string[]> }
  | { kind: 'create-account'; scope: Scope; name: string; grants: unknown; days?: number | undefined }
  | { kind: 'delete-account'; scope: Scope; name: string }
  | { kind: 'set-automation'; automation: 'webhook' | 'task'; scope: Scope; name: string; to?: unknown }
  | { kind: 'build'; source: { path: string; digest: string; size: number }; to: string; settings: unknown };

/** One thing to be done. */
export type Wish =
  | { action: Action }
  /** The registry builds an image from an archive (`.tar.gz`), as it is now. */
  | { build: { source: string; to: string; settings?: unknown } }
  | { tag: { image: PinnedImage; tag: string; moveTag?: boolean | undefined } }
  /** The tag goes, and the image stays. */
  | { untag: string }
  | { delete: { image: PinnedImage; withTags?: boolean | undefined } };

/** What somebody wants done, in this order. */
export interface UpkeepRequest {
  requester: string;
  reason?: string | undefined;
  /** What it is, in a few words. */
  what: string;
  wishes: Wish[];
}

/** What a registry can be asked; docs/adapters.md says which answers what. */
export type Question =
  | { kind: 'projects' | 'settings' | 'storage' }
  | { kind: 'repositories'; project?: string | undefined }
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
