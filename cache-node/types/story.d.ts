// What happened to an image, and where it runs.

import type { Attached, Evidence } from './gate.js';
import type { Network, Registry } from './registry.js';
import type { Signers, TrustedKey } from './sign.js';

/** One line of a plan's journal. */
export interface JournalEntry {
  number: number;
  previous: string;
  plan: string;
  at: string;
  event:
    | { began: { approvals: string[] } }
    | { step: { what: string; outcome: unknown; sent: number } }
    | { ended: { complete: boolean } };
}

/** The record that a journal was held to, the digest of its `statement` and who signed it, and how many `lines` it holds. */
export interface VerifiedJournal {
  image: Evidence['image'];
  record: Record<string, unknown>;
  statement: string;
  by: Attached<unknown>['by'];
  lines: number;
  entries: JournalEntry[];
}

/** Where an image, or a platform of it, runs; `since` in RFC 3339. */
export interface Deployment {
  digest: string;
  place: string;
  since?: string | undefined;
}

/** An image, whose word about it counts, and where images run. */
export interface StoryRequest {
  image: string;
  trustedKeys?: TrustedKey[] | undefined;
  trustedSigners?: Signers[] | undefined;
  trustedRoot?: string | undefined;
  deployments?: Deployment[] | undefined;
  registries?: Registry[] | undefined;
  network?: Network | undefined;
}

/** One thing that happened to an image, and who says so. Whatever is `claimed` could have been written by anybody who can push. */
export interface StoryEvent {
  at?: string | undefined;
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
  platforms: { digest: string; platform?: string | undefined }[];
  toldAt: string;
  events: StoryEvent[];
  problems: { what: string; digest: string; why: string }[];
}
