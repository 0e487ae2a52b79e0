// Evidence, and what gates say of it.

import type { VexStatus } from './assess.js';

export type Outcome = 'pass' | 'excepted' | 'warn' | 'fail' | 'error';

/** One thing that a gate found. `wouldBe` belongs to the outcome `excepted`. */
export interface Reason {
  outcome: Outcome;
  code: string;
  message: string;
  wouldBe?: Outcome | undefined;
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
  gate?: string | undefined;
  outcome?: Outcome | undefined;
  reasons: Reason[];
  lookedAt?: LookedAt[] | undefined;
}

/** Who signed: a key, or somebody to whom a certificate authority issued a certificate. */
export type By =
  | { kind: 'key'; name: string; fingerprint: string }
  | { kind: 'certificate'; subject: string; issuer?: string | undefined; claims?: Record<string, string> | undefined };

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
