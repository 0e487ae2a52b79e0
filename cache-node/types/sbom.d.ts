// SBOMs: how they are made, and what they say.

import type { Network, Registry } from './registry.js';

/** What an SBOM is to be made of. */
export type GenerateRequest = (
  | {
      image: string;
      /** The platform, such as `linux/amd64`: it picks one of several, and an image that is there alone has to be for it. */
      platform?: string | undefined;
      registries?: Registry[] | undefined;
      network?: Network | undefined;
    }
  | {
      folder: string;
      /** What Cache's own generator passes over: paths below the folder, such as `vendor`. */
      without?: string[] | undefined;
    }
) &
  (
    | {
        generator?: 'cache' | undefined;
        /** The folder where Cache's own generator keeps what it finds in layers. */
        layerCache?: string | undefined;
        /** How much is read of a layer or a folder. */
        limits?: CatalogLimits | undefined;
        /** The time in the document, in RFC 3339. */
        clock?: string | undefined;
      }
    | {
        generator: 'syft' | 'trivy';
        /** Where the program is, if not in `PATH`. */
        program?: string | undefined;
      }
  );

/** How much Cache's own generator reads of a layer or a folder, where not as usual; beyond it, reading ends in an error. */
export interface CatalogLimits {
  /** Files, folders and links. */
  entries?: number | undefined;
  /** Bytes, unpacked. */
  bytes?: number | undefined;
  /** Bytes of one file. */
  file?: number | undefined;
  /** Bytes of a path. */
  path?: number | undefined;
  /** Folders in a path. */
  depth?: number | undefined;
  /** Bytes that are kept: paths and links, and what the files say. */
  kept?: number | undefined;
  /** How many times larger a layer may be unpacked than packed, once it is larger than 64 MiB. */
  ratio?: number | undefined;
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
  version?: string | undefined;
  purl?: string | undefined;
  licenses: string[];
}

/** Which packages are wanted. A `*` stands for any text, and case does not matter. */
export interface SbomQuery {
  /** The name, with or without its group. */
  name?: string | undefined;
  /** A purl, which may leave out what does not matter, or a pattern of it. */
  purl?: string | undefined;
  /** The type of the purl, such as `deb`. */
  type?: string | undefined;
  /** An SPDX identifier in the licence, whatever way it is written, or the licence's whole text. */
  license?: string | undefined;
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

/** The ways that lead to a package, the shortest first; `more` where there are others beside these. */
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
  versions: { name: string; purl?: string | undefined; before: string | null; after: string | null }[];
  licenses: { name: string; version: string | null; purl?: string | undefined; before: string[]; after: string[] }[];
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
    name?: string | undefined;
    id?: string | undefined;
    created?: string | undefined;
    authors?: string[] | undefined;
    tools?: string[] | undefined;
    subject?: string | undefined;
  };
  describes?: string[] | undefined;
  packages: {
    id: string;
    kind: string;
    name: string;
    version?: string | undefined;
    purl?: string | undefined;
    cpes?: string[] | undefined;
    licenses?: StatedLicense[] | undefined;
    hashes?: { algorithm: string; value: string }[] | undefined;
    supplier?: string | undefined;
    author?: string | undefined;
    copyright?: string | undefined;
    description?: string | undefined;
    download?: string | undefined;
    homepage?: string | undefined;
    properties?: { name: string; value: string }[] | undefined;
  }[];
  files?: {
    id: string;
    path: string;
    hashes?: { algorithm: string; value: string }[] | undefined;
    licenses?: StatedLicense[] | undefined;
  }[] | undefined;
  relationships?: { from: string; relation: string; to: string }[] | undefined;
  licenseTexts?: { id: string; text: string; name?: string | undefined }[] | undefined;
  findings?: { code: string; position: string; message: string }[] | undefined;
}
