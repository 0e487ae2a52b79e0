// Scanners and what they find.

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
