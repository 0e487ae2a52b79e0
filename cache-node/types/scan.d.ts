// Scanners and what they find.

/** How bad a vulnerability is. */
export type Severity = 'unknown' | 'negligible' | 'low' | 'medium' | 'high' | 'critical';

/** Which scanner: Cache's own, with a database, or a program. */
export type ScannerConfig =
  | { scanner?: 'cache' | undefined; database: string }
  | {
      scanner: 'grype' | 'trivy';
      /** Where the program is, if not in `PATH`. */
      program?: string | undefined;
    };

/** A scanner; what is known before it runs. */
export interface ScannerInfo {
  name: string;
  version?: string | undefined;
  dataAsOf?: string | undefined;
}

/** What one source says of how bad a vulnerability is. */
export interface Rating {
  source: string;
  severity: Severity;
  score?: number | undefined;
  vector?: string | undefined;
}

/** A vulnerability in a package. */
export interface ScanFinding {
  id: string;
  aliases?: string[] | undefined;
  severity: Severity;
  package: string;
  version: string;
  purl?: string | undefined;
  fixedIn?: string | undefined;
  fixState?: 'unknown' | 'fixed' | 'not-fixed' | 'wont-fix' | undefined;
  ratings?: Rating[] | undefined;
  sources?: string[] | undefined;
  sourcePackage?: string | undefined;
  exploited?: boolean | undefined;
  /** How likely it is to be exploited soon; both are shares from 0 to 1. */
  epss?: { probability: number; percentile: number } | undefined;
}

/** Something that a scan could not answer: `no-version`, `no-data`, `unreadable-version`, ... */
export interface Note {
  code: string;
  package: string;
  version?: string | undefined;
  purl?: string | undefined;
  advisories?: string[] | undefined;
  message: string;
}

/** What a scanner found, whatever scanner it was (docs/schema/report-v1.json). */
export interface Report {
  scanner: string;
  scannerVersion?: string | undefined;
  scannedAt?: string | undefined;
  dataAsOf?: string | undefined;
  subjects?: string[] | undefined;
  /** The digests of configurations that the report names, which tools call the id of an image. */
  imageIds?: string[] | undefined;
  /** What was scanned, in the scanner's word, where that is no image: `directory`, `filesystem`, `repository`. */
  target?: string | undefined;
  platform?: { os: string; architecture: string; variant?: string | undefined } | undefined;
  /** How many packages were looked at, where the scanner says. */
  packages?: number | undefined;
  findings: ScanFinding[];
  notes?: Note[] | undefined;
}

/** Several reports as one list (docs/schema/merged-report-v1.json). */
export interface MergedReport {
  reports: { scanner: string; scannerVersion?: string | undefined; dataAsOf?: string | undefined; findings: number }[];
  findings: MergedFinding[];
}

/** One vulnerability in one package. `said` is what each report says of it, `differences` where they do not agree. */
export interface MergedFinding {
  id: string;
  aliases?: string[] | undefined;
  package: string;
  versions: string[];
  severity: Severity;
  said: { report: number; finding: ScanFinding }[];
  differences?: {
    kind: 'missing' | 'severity' | 'fix';
    why: 'noted' | 'other-version' | 'older-data' | 'other-source' | 'unknown';
    message: string;
  }[] | undefined;
}
