// Databases of vulnerabilities.

import type { Network, Registry } from './registry.js';

/** What a database at `path` is to be made of. */
export interface DatabaseBuildRequest {
  path: string;
  /** Folders of OSV's archives. */
  osv?: string[] | undefined;
  /** Grype's databases: `vulnerability.db`. */
  grype?: string[] | undefined;
  /** Trivy's databases: `trivy.db`. */
  trivy?: string[] | undefined;
}

/** What a database at `path` is to be brought up to date with. */
export interface DatabaseUpdateRequest {
  path: string;
  /** OSV's archives: where they are, and which ecosystems; without any, all that Cache can match. */
  osv?: { address?: string | undefined; ecosystems?: string[] | undefined } | undefined;
  /** Grype's database, by the address of its listing. */
  grype?: { listing?: string | undefined } | undefined;
  /** Trivy's database, an artifact in a registry. */
  trivy?: { image?: string | undefined } | undefined;
  /** The folder where what is fetched is kept; without it, `<path>.sources`. */
  downloads?: string | undefined;
  registries?: Registry[] | undefined;
  network?: Network | undefined;
}

/** What a database was made of. */
export interface DatabaseInfo {
  dataAsOf?: string | undefined;
  sources: {
    name: 'osv' | 'grype' | 'trivy';
    asOf?: string | undefined;
    advisories: number;
    withdrawn: number;
    /** How many records could not be taken, by the reason. */
    leftOut?: Record<string, number> | undefined;
  }[];
  advisories: number;
  packages: number;
  ecosystems: Record<string, number>;
}

/** What an update came to. */
export interface DatabaseUpdated {
  info: DatabaseInfo;
  changed: boolean;
}

/** How far an update is: a download is begun (`already` bytes of it are here), more of it came, the database is made. */
export type DatabaseProgress =
  | { kind: 'download'; what: string; already: number; size?: number | undefined }
  | { kind: 'bytes'; what: string; read: number }
  | { kind: 'unchanged'; what: string }
  | { kind: 'build' }
  | { kind: 'built'; advisories: number; packages: number };
