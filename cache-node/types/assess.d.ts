// Reports assessed by rules.

import type { Outcome, Verdict } from './gate.js';
import type { Severity } from './scan.js';

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
