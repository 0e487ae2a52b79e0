// Keys, signers, whose signatures count, and what verifies.

import type { Attached, By, Evidence } from './gate.js';
import type { Network, Registry } from './registry.js';

export type KeyKind = 'p256' | 'p384' | 'p521' | 'rsa2048' | 'rsa3072' | 'rsa4096' | 'ed25519';

/** How something signed is kept: as a Sigstore bundle, or in cosign's older format. */
export type Form = 'bundle' | 'cosign-tag';

/** A public key in PEM: the text itself, or where it is, a path or `env://NAME`. */
export type PublicKey = { name: string } & ({ pem: string } | { path: string });

/** A private key. Where it is encrypted, its password, or the variable of the environment that holds it. */
export type Key = PublicKey & ({ password?: string | undefined } | { passwordEnv?: string | undefined });

/**
 * A private key that signs. For logs that keep hashes an Ed25519 key has to be `prehashed`. With the `publicKey` (PEM, or where it is)
 * plans need no private key.
 */
export type SignerKey = Key & { publicKey?: string | undefined; prehashed?: boolean | undefined; services?: Services | undefined };

/** A program that signs with a key that it has; docs/signing.md says what it is asked. */
export interface SignerProgram {
  name?: string | undefined;
  program: string;
  arguments?: string[] | undefined;
  /** In PEM, or where it is: plans then do not run the program. */
  publicKey?: string | undefined;
  services?: Services | undefined;
}

/** A signer without a key of its own. Without a subject and an issuer it is the one whom the token is for. */
export type KeylessSigner = {
  /** Where identity tokens come from: `ambient` is the job that this process runs in, `callback` the function `token`. */
  keyless: 'ambient' | 'github-actions' | 'gitlab' | 'callback' | { file: string } | { env: string } | { token: string };
  services: Services;
} & ({ subject: string; issuer: string } | { subject?: undefined; issuer?: undefined });

/** Who signs. With services the signatures of a key are in logs and have a proven time. */
export type Signer = SignerKey | SignerProgram | KeylessSigner | NamedSigner;

/** Somebody who signs elsewhere, for those who only plan. `publicKey` is PEM, or where it is. */
export type NamedSigner =
  | { name: string; publicKey: string }
  | { name: string; fingerprint: string }
  | { subject: string; issuer: string };

/** A function of the application that gives an identity token for an audience. */
export type Token = (audience: string) => string | Promise<string>;

/**
 * The services that confirm signatures: a signing configuration or a trust configuration of Sigstore (its JSON, or a path), or
 * addresses, all of which are used.
 */
export type Services = (
  | { signingConfig: string }
  | { trustConfig: string }
  | { fulcio?: string | undefined; rekor?: { url: string; version: 1 | 2 }[] | undefined; tsa?: string[] | undefined }
) & {
  /** What their answers are checked against; without it, that of the trust configuration or of the promoter. */
  trustedRoot?: string | undefined;
  /** `false` for a certificate authority of one's own that enters its certificates in no log. */
  certificateLog?: boolean | undefined;
  network?: Network | undefined;
};

/** A new key in PEM. */
export interface KeyPair {
  private: string;
  public: string;
}

/** What has to come with the signatures of a key. All of it needs a trusted root. */
export interface KeyDemands {
  /** When the key is valid, in RFC 3339; both ends belong to it. */
  valid?: { start?: string | undefined; end?: string | undefined } | undefined;
  logs?: number | undefined;
  timestamps?: number | undefined;
}

/** A public key that is trusted. */
export type TrustedKey = PublicKey & { demands?: KeyDemands | undefined };

/** A keyless signer: one subject with one issuer, each exactly or as a pattern for the whole of it. */
export interface Identity {
  subject?: string | undefined;
  subjectRegexp?: string | undefined;
  issuer?: string | undefined;
  issuerRegexp?: string | undefined;
  noIssuer?: boolean | undefined;
  claims?: Record<string, string> | undefined;
  claimsRegexp?: Record<string, string> | undefined;
}

/** What has to come with a keyless signature. By default one log, and a certificate that is in a log. */
export interface Demands {
  logs?: number | undefined;
  timestamps?: number | undefined;
  certificateLog?: boolean | undefined;
  shown?: 'by-proof' | 'by-proof-where-possible' | 'by-promise' | undefined;
}

/** Keyless signers under one name, each as good as another. */
export interface Signers {
  name: string;
  identities: Identity[];
  demands?: Demands | undefined;
}

/** An image, and whose signatures count. */
export interface VerifyRequest {
  image: string;
  trustedKeys?: TrustedKey[] | undefined;
  trustedSigners?: Signers[] | undefined;
  trustedRoot?: string | undefined;
  /** Asks for an attestation of this type, by name or URI, in the place of a signature. */
  attestation?: string | undefined;
  registries?: Registry[] | undefined;
  network?: Network | undefined;
}

/** A TUF repository with a trusted root. */
export interface TufRequest {
  url: string;
  /** The TUF root that is trusted to begin with: its JSON, or the path of a file with it. */
  root: string;
  /** Remembers what was seen, so that nothing older is accepted later, and has the newest `trusted_root.json`. */
  folder?: string | undefined;
  network?: Network | undefined;
  clock?: string | undefined;
}

/** What is attached to an image and verifies, and in `problems` what does not. What is about a platform says so in `about`. */
export interface Verified {
  image: Evidence['image'];
  signatures: Attached<{ annotations: Record<string, string> }>[];
  statements: Evidence['statements'];
  problems: Evidence['problems'];
}

/** A file, or its SHA-256, and the bundle that signs it: its JSON, or its path. */
export type VerifyFileRequest = ({ file: string } | { digest: string }) & {
  bundle: string;
  trustedKeys?: TrustedKey[] | undefined;
  trustedSigners?: Signers[] | undefined;
  trustedRoot?: string | undefined;
};

/** Who signed a file, as whose signature that counts, and since when it is proven to exist; `null` where nobody asks for a proof. */
export interface VerifiedFile {
  digest: string;
  by: By;
  accepted: string[];
  provenAt: string | null;
}
