// SBOMs: how they are made, and what they say.

import type { Network, Registry } from './registry.js';

/** What an SBOM is to be made of. */
export type GenerateRequest = (
  | {
      image: string;
      /** The platform, such as `linux/amd64`: it picks one of several, and an image that is there alone has to be for it. */
      platform?: string;
      registries?: Registry[];
      network?: Network;
    }
  | {
      folder: string;
      /** What Cache's own generator passes over: paths below the folder, such as `vendor`. */
      without?: string[];
    }
) &
  (
    | {
        generator?: 'cache';
        /** The folder where Cache's own generator keeps what it finds in layers. */
        layerCache?: string;
        /** How much is read of a layer or a folder. */
        limits?: CatalogLimits;
        /** The time in the document, in RFC 3339. */
        clock?: string;
      }
    | {
        generator: 'syft' | 'trivy';
        /** Where the program is, if not in `PATH`. */
        program?: string;
      }
  );

/** How much Cache's own generator reads of a layer or a folder, where not as usual; beyond it, reading ends in an error. */
export interface CatalogLimits {
  /** Files, folders and links. */
  entries?: number;
  /** Bytes, unpacked. */
  bytes?: number;
  /** Bytes of one file. */
  file?: number;
  /** Bytes of a path. */
  path?: number;
  /** Folders in a path. */
  depth?: number;
  /** Bytes that are kept: paths and links, and what the files say. */
  kept?: number;
  /** How many times larger a layer may be unpacked than packed, once it is larger than 64 MiB. */
  ratio?: number;
}

/** How far an SBOM is: a layer is begun (`known` where it need not be read), more of it is read, all packages are found. */
export type GenerateProgress =
  | { kind: 'layer'; digest: string; size: number; known: boolean }
  | { kind: 'bytes'; digest: string; read: number }
  | { kind: 'packages'; count: number };

/** A package of an SBOM in short. */
export interface ListedPackage {
  id: string;
  name: string;
  version?: string;
  purl?: string;
  licenses: string[];
}

/** Which packages are wanted. A `*` stands for any text, and case does not matter. */
export interface SbomQuery {
  /** The name, with or without its group. */
  name?: string;
  /** A purl, which may leave out what does not matter, or a pattern of it. */
  purl?: string;
  /** The type of the purl, such as `deb`. */
  type?: string;
  /** An SPDX identifier in the licence, whatever way it is written, or the licence's whole text. */
  license?: string;
}

/** What is in an SBOM, counted. */
export interface SbomCount {
  packages: number;
  files: number;
  relationships: number;
  findings: number;
  byType: Record<string, number>;
  withoutPurl: number;
}

/** How many packages have which licence. */
export interface LicenseHistogram {
  stated: Record<string, number>;
  identifiers: Record<string, number>;
  notUnderstood: Record<string, number>;
  without: number;
}

/** The ways that lead to a package. */
export interface SbomPaths {
  found: number;
  paths: {
    id: string;
    name: string;
    version: string | null;
    link: 'depends-on' | 'contains' | 'describes' | null;
  }[][];
  more: boolean;
}

/** What changed from one SBOM to another. */
export interface SbomDiff {
  added: ListedPackage[];
  removed: ListedPackage[];
  versions: { name: string; purl?: string; before: string | null; after: string | null }[];
  licenses: { name: string; version: string | null; purl?: string; before: string[]; after: string[] }[];
  unchanged: number;
}

/** How much of the NTIA's minimum elements an SBOM has. */
export interface SbomScore {
  complete: boolean;
  percent: number;
  packages: number;
  elements: {
    element: 'supplier' | 'name' | 'version' | 'unique-identifier' | 'relationship' | 'author' | 'timestamp';
    have: number;
    of: number;
    lacking: { id: string; name: string }[];
  }[];
}

/** A licence as an SBOM states it. */
export interface StatedLicense {
  text: string;
  form: 'expression' | 'id' | 'name';
  stage: 'unstated' | 'declared' | 'concluded';
}

/** What an SBOM says, whatever its format. What is not stated is left out. */
export interface SbomData {
  format: string;
  metadata: {
    name?: string;
    id?: string;
    created?: string;
    authors?: string[];
    tools?: string[];
    subject?: string;
  };
  describes?: string[];
  packages: {
    id: string;
    kind: string;
    name: string;
    version?: string;
    purl?: string;
    cpes?: string[];
    licenses?: StatedLicense[];
    hashes?: { algorithm: string; value: string }[];
    supplier?: string;
    author?: string;
    copyright?: string;
    description?: string;
    download?: string;
    homepage?: string;
    properties?: { name: string; value: string }[];
  }[];
  files?: {
    id: string;
    path: string;
    hashes?: { algorithm: string; value: string }[];
    licenses?: StatedLicense[];
  }[];
  relationships?: { from: string; relation: string; to: string }[];
  licenseTexts?: { id: string; text: string; name?: string }[];
  findings?: { code: string; position: string; message: string }[];
}
