// What the tests share: a project of one scenario with its registries, and the words that outsiders might choose.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ci = fileURLToPath(new URL('..', import.meta.url));
export const root = path.join(ci, '..', '..');
const work = path.join(root, 'target', 'ci-work');

/** A scenario as a project that CI has checked out: its two layouts, its keys, and `cache.json`. */
export function project(name, changes = {}) {
  mkdirSync(work, { recursive: true });
  const folder = path.join(mkdtempSync(path.join(work, 'project-')), name);
  execFileSync(process.env.CACHE_MAKE_LAYOUT, [name, folder]);
  const scenario = JSON.parse(readFileSync(path.join(root, 'examples', 'scenarios', `${name}.json`), 'utf8'));
  const { clock, approval, ...config } = scenario.promoter;
  writeFileSync(path.join(folder, 'cache.json'), JSON.stringify({ ...config, ...changes }));
  return folder;
}

/** A policy that looks at vulnerabilities and signatures. */
export const scanned = 'scan_policy:\n  promotion_to_staging: {require_sbom: false}\n';

/** The approvers of the scenarios, whose approvals are signed. */
export const byKey = () =>
  JSON.parse(readFileSync(path.join(root, 'examples/scenarios/promote-signed.json'), 'utf8')).promoter.approval;

/** The tags at the target of a project, without those that name what is attached. */
export function promoted(folder) {
  const index = path.join(folder, 'target', 'index.json');
  if (!existsSync(index)) return [];
  const names = JSON.parse(readFileSync(index, 'utf8')).manifests.map(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'],
  );
  return names.filter((name) => name && !name.startsWith('sha256-'));
}

/** Runs a program and gives its exit code and what it printed. The environment is the one that is given, and where programs are. */
export function run(command, args, { cwd, env = {} }) {
  return new Promise((resolve, reject) => {
    const { PATH, HOME } = process.env;
    const child = spawn(command, args, { cwd, env: { PATH, HOME, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr, log: stdout + stderr }));
  });
}

/** Names that would be commands, elements, columns or lines, were they taken as such. */
export const hostile = [
  'a\n::set-output name=verdict::ready',
  'b ##[add-mask]e',
  '::add-mask::c',
  '::stop-commands::d',
  'e|f`g`<img src=x onerror=alert(1)>]]></testcase>',
  '[click](https://evil.example/) @everyone **bold** ~~~',
  '\u202egnp.exe\u001b[31m',
  '${{ github.token }} $(touch owned) `touch owned`',
];

/** A report by Cache's schema with one vulnerability in each package. */
export function report(subject, names, severity = 'low') {
  const finding = (name, index) => ({
    id: `CVE-2099-${1000 + index}`,
    severity,
    package: name,
    version: '1.0',
    fixedIn: '1.1',
    fixState: 'fixed',
  });
  return {
    scanner: 'grype',
    scannedAt: new Date().toISOString(),
    subjects: [subject],
    packages: names.length + 1,
    findings: names.map(finding),
  };
}

/** The digest of the image of a project. */
export function imageOf(folder, layout = 'source') {
  const { manifests } = JSON.parse(readFileSync(path.join(folder, layout, 'index.json'), 'utf8'));
  return manifests.find(({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] === 'v1').digest;
}
