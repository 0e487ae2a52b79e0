// Reports assessed by rules.

import type { Outcome, Verdict } from './gate.js';
import type { Note, Severity } from './scan.js';

/** By which rules reports are assessed, and what they are about. */
export interface AssessRequest {
  /** The image. Without a digest, the one that the reports name. */
  image?: string | undefined;
  /** The policy, as YAML or as the path of a file; without one, the default of the environment. */
  policy?: string | undefined;
  /** The environment whose rules apply; `prod` where it is left out. */
  environment?: string | undefined;
  /** A clock that stands still, in RFC 3339. */
  clock?: string | undefined;
  /** Verdicts of other gates, to stand in the same report. */
  gates?: Verdict[] | undefined;
}

export type ReportFormat = 'json' | 'sarif' | 'junit' | 'gitlab' | 'cyclonedx' | 'table' | 'markdown' | 'html';
export type VexStatus = 'affected' | 'under_investigation' | 'fixed' | 'not_affected';

/** A verdict with all that it is made of. The schema is docs/schema/assessment-v1.json. */
export interface AssessmentData {
  image?: string | undefined;
  digest?: string | undefined;
  at: string;
  policy?: string | undefined;
  environment?: string | undefined;
  verdict: Verdict;
  gates?: Verdict[] | undefined;
  scans: {
    report: string;
    scanner: string;
    version?: string | undefined;
    scannedAt?: string | undefined;
    dataAsOf?: string | undefined;
    findings: number;
  }[];
  tallies: {
    severity: Severity;
    found: number;
    foundWithFix: number;
    counting: number;
    countingWithFix: number;
    excepted: number;
    cleared: number;
    max?: number | undefined;
    maxWithFix?: number | undefined;
  }[];
  vulnerabilities: AssessedVulnerability[];
  remedies?: { package: string; from: string[]; to: string[]; resolves: string[] }[] | undefined;
  exceptions?: {
    exception: string;
    id: string;
    state: string;
    means?: string[] | undefined;
    expires?: string | undefined;
  }[] | undefined;
  vex?: {
    document: string;
    format: 'openvex' | 'cyclonedx' | 'csaf';
    id?: string | undefined;
    author?: string | undefined;
    signedBy?: string | undefined;
    trusted: boolean;
    statements: number;
    matched: number;
    unmatched?: { position: string; vulnerability: string; differs?: string | undefined }[] | undefined;
    problems?: { position: string; message: string }[] | undefined;
  }[] | undefined;
  notes?: Note[] | undefined;
  packages?: {
    total: number;
    layers?: { layer: string; packages: number; affected: number; vulnerabilities: number }[] | undefined;
  } | undefined;
}

/** One vulnerability in one package, whoever reported it. */
export interface AssessedVulnerability {
  id: string;
  aliases?: string[] | undefined;
  severity: Severity;
  /** Whose word that is: the source of the rating, or the scanner. */
  severityBy: string;
  score?: number | undefined;
  ratings?: { source: string; severity: Severity; score?: number | undefined; vector?: string | undefined }[] | undefined;
  package: string;
  versions: string[];
  purls?: string[] | undefined;
  layers?: string[] | undefined;
  fixedIn?: string[] | undefined;
  fixState: 'unknown' | 'fixed' | 'not-fixed' | 'wont-fix';
  sources?: string[] | undefined;
  reportedBy: string[];
  exploited?: boolean | undefined;
  epss?: { probability: number; percentile: number } | undefined;
  standing: 'counts' | 'excepted' | 'cleared';
  /** Where it does not count: what it would amount to if it did. */
  wouldBe?: Outcome | undefined;
  /** The codes of the verdict's reasons by which it stops the image. */
  blocks?: string[] | undefined;
  exceptions?: string[] | undefined;
  vex?: {
    document: string;
    position: string;
    status: VexStatus;
    justification?: string | undefined;
    explanation?: string | undefined;
    author?: string | undefined;
    signedBy?: string | undefined;
    at?: string | undefined;
    /** Why it does not count. */
    ignored?: 'unverified' | 'unjustified' | 'broad' | 'superseded' | 'older' | undefined;
  }[] | undefined;
}

/** What a policy file is about; `digest` is how plans name it, `retention` and `approval` are the environments that have such rules. */
export interface CheckedPolicy {
  digest: string;
  /** Of each environment with a section of its own. */
  gates: Record<string, string[]>;
  retention: string[];
  approval: string[];
  /** The names of its keyless signers. */
  signers: string[];
}
