// Compiled with `tsc --strict` and never run: what a user writes has the right types.
import {
  Administrator,
  Approval,
  CacheError,
  Conflict,
  Database,
  Invalid,
  Plan,
  Promoter,
  Registries,
  Sbom,
  Scanner,
  assess,
  generateKey,
  mergeReports,
  refreshTrustedRoot,
  verify,
  type AssessmentData,
  type AttachRequest,
  type DatabaseProgress,
  type ErrorCode,
  type Evidence,
  type Given,
  type Judgement,
  type MergedReport,
  type Progress,
  type PromoterConfig,
  type Question,
  type RetentionConfig,
  type Signer,
  type Verified,
} from '../index.mjs';
// @ts-expect-error there is no default export
import nothing from '../index.mjs';

const config: PromoterConfig = {
  source: 'oci:dev',
  target: 'oci:staging',
  environment: 'staging',
  trustedKeys: [{ name: 'release', path: 'release.pub' }],
  approval: { accept: ['key'], required: 2 },
  network: { proxy: 'none', authorities: [{ path: 'ca.pem' }] },
};
export const cleaned: RetentionConfig = {
  repositories: ['registry.example/team/app'],
  environment: 'dev',
  policy: 'policy.yaml',
  registries: [{ host: 'registry.example', system: 'harbor', login: { user: 'robot', passwordEnv: 'PASSWORD' } }],
};
// @ts-expect-error there is no such system
export const unknown: RetentionConfig = { ...cleaned, registries: [{ host: 'registry.example', system: 'quay' }] };
// @ts-expect-error a key is text or a path
const bad: PromoterConfig = { ...config, trustedKeys: [{ name: 'release' }] };

const gate = {
  name: 'own',
  judge: async (evidence: Evidence): Promise<Judgement> => ({
    reasons: [{ outcome: 'pass', code: 'signatures', message: `${evidence.signatures.length} signatures` }],
  }),
};

export async function promote(): Promise<boolean> {
  const promoter = new Promoter(config, [gate]);
  const given: Given[] = [{ kind: 'sbom', path: 'sbom.json' }];
  const { signal } = new AbortController();
  const request = { from: 'oci:dev:v1', to: 'oci:staging:v1', requester: 'pipeline' };
  const outlook = await promoter.plan(request, { given, signal });
  if (outlook.plan === null) return outlook.state === 'nothing';
  const plan: Plan = outlook.plan;
  const approval = await plan.approveByCallback((asked) => ({ decision: 'approve', approver: asked.digest }));
  try {
    const onProgress = ({ bytes, total }: Progress): void => console.log(bytes / total);
    return (await promoter.execute(plan, [approval], { onProgress, signal })).complete;
  } catch (error) {
    if (error instanceof Conflict) console.error(error.code, error.hint, error.context.tag, bad);
    throw error;
  }
}

// What may be left out may be handed on from where it may be missing, with `exactOptionalPropertyTypes` too.
export async function handedOn(environment: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  const { POLICY: policy, PLATFORM: platform, KEY_PASSWORD: passwordEnv, NAME: name, REASON: reason } = environment;
  const promoter = new Promoter({ ...config, policy, signer: { name: 'own', path: 'own.key', passwordEnv }, approval: undefined });
  const request = { from: 'oci:dev:v1', to: 'oci:staging:v1', requester: 'pipeline', reason, moveTags: undefined };
  await promoter.plan(request, { signal, given: [{ kind: 'sbom', path: 'sbom.json', bytes: undefined }] });
  const sbom = await Sbom.generate({ image: 'oci:dev:v1', platform, clock: undefined }, { signal, onProgress: undefined });
  assess([], { policy }).write('table', { width: undefined, location: name });
  console.log(sbom.find({ name }).length, nothing);
  return new Registries({ registries: [{ host: 'registry.example', system: undefined }] }).digest('oci:dev:v1', { platform, signal });
}

export function made(error: unknown, plan: Plan, watch: (done: number) => Promise<void>): ErrorCode | undefined {
  // @ts-expect-error only Cache makes plans
  console.log(new Plan(), plan instanceof Plan && plan.digest);
  // @ts-expect-error and approvals
  console.log(new Approval());
  // @ts-expect-error an error is of a kind
  console.log(new CacheError('message'));
  const invalid: Invalid = new Invalid('message', { hint: 'hint', context: { at: 'here' }, cause: error });
  const promoter = new Promoter(config, [gate]);
  const seen: Record<string, unknown> = plan.toJSON();
  console.log(seen, Sbom.parse(plan.json).toJSON().packages);
  void promoter.execute(Plan.fromJson(plan.json), [], { onProgress: async ({ done }) => watch(done) });
  return error instanceof CacheError ? error.code : invalid.code;
}

export async function sign(image: string): Promise<Verified> {
  const { private: pem, public: trusted } = await generateKey('ed25519', 'password');
  const signer = { name: 'own', pem, passwordEnv: 'PASSWORD' };
  const promoter = new Promoter({ ...config, signer });
  const request: AttachRequest = {
    image,
    requester: 'pipeline',
    attach: [
      { kind: 'signature', form: 'cosign-tag' },
      { kind: 'attestation', type: 'spdx', path: 'sbom.json' },
    ],
  };
  const { plan } = await promoter.planAttaching(request);
  console.log(plan?.digest, new Promoter({ ...config, signer: { program: 'kms', arguments: ['--key', '1'] } }));
  const seen = await verify({ image, trustedKeys: [{ name: 'own', pem: trusted }], attestation: 'spdx' });
  console.log(seen.signatures.map(({ value, by }) => [value.annotations.env, by?.kind === 'key' ? by.name : by?.subject]));
  // @ts-expect-error a key is of a kind that is made
  await generateKey('dsa');
  return seen;
}

export async function scan(image: string): Promise<MergedReport> {
  const { signal } = new AbortController();
  const onProgress = (news: DatabaseProgress): void => console.log(news.kind === 'bytes' ? news.read : news.kind);
  const request = { path: 'cache.db', osv: { ecosystems: ['npm'] } };
  const { info, changed } = await Database.update(request, { onProgress, signal });
  console.log(info.ecosystems.npm, changed, Database.open('cache.db').digest);
  // @ts-expect-error Cache's own scanner needs a database
  console.log(new Scanner({ scanner: 'cache' }));
  const [own, other] = [new Scanner({ database: 'cache.db' }), new Scanner({ scanner: 'grype' })];
  return mergeReports([await own.scan({ image }, { signal }), await other.scan({ image })]);
}

export function judge(): AssessmentData {
  const assessment = assess([{ kind: 'report', path: 'report.json' }], { policy: 'policy.yaml', environment: 'prod' });
  const page: Buffer = assessment.write('html');
  // @ts-expect-error there is no such format
  assessment.write('pdf');
  return assessment.allows && page.length > 0 ? assessment.data : { ...assessment.data };
}

export async function keyless(plan: Plan): Promise<void> {
  const trustedRoot = await refreshTrustedRoot({ url: 'https://tuf.example.com', root: 'root.json', folder: 'tuf' });
  const services = { fulcio: 'https://ca', rekor: [{ url: 'https://log', version: 2 as const }], tsa: ['https://tsa'] };
  const signer: Signer = { keyless: 'callback', services: { ...services, trustedRoot } };
  const token = async (audience: string): Promise<string> => `token for ${audience}`;
  await plan.approveBySignature({ decision: 'approve', approver: 'alice' }, signer, undefined, token);
  console.log(new Promoter({ ...config, trustedRoot, signer: { ...signer, subject: 'me', issuer: 'them' } }, [], token));
  // @ts-expect-error a subject is nothing without its issuer
  const half: Signer = { ...signer, subject: 'me' };
  // @ts-expect-error keyless signing needs services
  const alone: Signer = { keyless: 'ambient' };
  console.log(half, alone);
}

const administrator = new Administrator({
  registry: { host: 'harbor.test', system: 'harbor', login: { user: 'robot$ci', passwordEnv: 'SECRET' } },
  environment: 'prod',
});
const question: Question = { kind: 'repositories', project: 'p' };
const known: unknown = await administrator.ask(question);
const upkeep = await administrator.plan({
  requester: 'ci',
  what: 'upkeep',
  wishes: [
    { action: { kind: 'set-policy', policy: 'quota', scope: { project: { registry: 'harbor.test', name: 'p' } } } },
    { untag: 'harbor.test/p/app:old' },
    // @ts-expect-error: there is no such action
    { action: { kind: 'drop-everything' } },
  ],
});
if (upkeep !== null) {
  const carried = await administrator.execute(upkeep, []);
  const names: string[] = carried.issued.map(({ name, secret }) => `${name}: ${secret}`);
  void [known, names];
}
