// Registries, how they are reached, and what they say of images.

/** A certificate or key in PEM: the text itself, or the path of a file with it. */
export type Pem = { pem: string } | { path: string };

/** How registries are reached. */
export interface Network {
  /** `environment` (the default), `none`, or the address of a proxy: `http://user:password@host:port`. */
  proxy?: string | undefined;
  /** The authorities that are trusted beside the machine's. */
  authorities?: Pem[] | undefined;
  /** What a registry is shown that asks for a certificate; no other server is. */
  clientCertificate?: { certificate: Pem; key: Pem } | undefined;
}

/** A registry and its system, and how one logs in there. */
export interface Registry {
  /** The host, as in the names of its images: `name` or `name:port`. */
  host: string;
  system?: 'oci' | 'harbor' | 'ecr' | 'acr' | 'artifactory' | 'openshift' | undefined;
  /** Without it, what docker's and podman's files say. */
  login?: RegistryLogin | undefined;
  /** Whether it is spoken to over plain HTTP. Without it, only on this machine. */
  plainHttp?: boolean | undefined;
  /** Hosts that may be sent the login when the registry names them as its token realm. Its own host and domain always may. */
  trustedRealms?: string[] | undefined;
  /** Whether it is read without a login where the login is rejected; otherwise that is an error. */
  anonymousReads?: boolean | undefined;
  /** Whether blobs may be uploaded to another origin that the registry names, without the login. */
  foreignUploads?: boolean | undefined;
  /** Without it, as usual. */
  patience?: Patience | undefined;
  /** Where the interface is, where not at the usual place of the system. */
  api?: string | undefined;
  /** AWS: the profile; the account and the region, where the host does not say them. */
  profile?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  /** AWS: whether a push makes the repository that it needs. */
  createOnPush?: boolean | undefined;
  /** Azure: the resource id of the registry. */
  resourceId?: string | undefined;
  /** Artifactory: the key of the repository, where the host stands for it. */
  key?: string | undefined;
  /** OpenShift: the context of the kubeconfig. */
  context?: string | undefined;
}

/** How long a registry is waited for, where not as usual. */
export interface Patience {
  /** How often a request is tried in all. */
  attempts?: number | undefined;
  /** The first pause between two tries; each further one is twice as long. */
  firstPauseSeconds?: number | undefined;
  /** The longest pause. A registry that asks for a longer one is not waited for. */
  longestPauseSeconds?: number | undefined;
  /** How long a connection may take to open. */
  connectSeconds?: number | undefined;
  /** How long the answer to a small request may take to begin. */
  answerSeconds?: number | undefined;
  /** How long a stream may stand still. */
  idleSeconds?: number | undefined;
}

/** A user with a password, or a token alone; either may be in a variable of the environment. */
export type RegistryLogin =
  | ({ user: string } & ({ password: string } | { passwordEnv: string }))
  | { token: string }
  | { tokenEnv: string };

/** How registries are reached that are looked at. */
export interface RegistriesConfig {
  /** The registries that are more than the OCI protocol, or have a login of their own. */
  registries?: Registry[] | undefined;
  network?: Network | undefined;
}

/** A login in the clear, as for `docker login --password-stdin`. */
export interface Login {
  user: string;
  password: string;
}

/** What names a manifest or a blob (OCI image specification, `descriptor.md`). */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  artifactType?: string | undefined;
  annotations?: Record<string, string> | undefined;
}

/** What an image is, under the names that `skopeo inspect` gives. */
export interface Inspection {
  Name?: string | undefined;
  /** Of what the reference names: of the index, where it is one. */
  Digest: string;
  RepoTags: string[];
  Created: string | null;
  DockerVersion: string;
  Labels: Record<string, string> | null;
  Architecture: string;
  Os: string;
  Layers: string[];
  LayersData: { MIMEType: string; Digest: string; Size: number; Annotations: Record<string, string> | null }[];
  Env: string[] | null;
}
