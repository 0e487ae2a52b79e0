// Makes the two actions: each one file without other packages, and the native half beside them.
//
//     node github/build.mjs [DIST]
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const dist = path.resolve(process.argv[2] ?? here('dist'));

await build({
  entryPoints: [here('src/plan.mjs'), here('src/execute.mjs')],
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  logLevel: 'warning',
});

// The library looks for its native half beside itself, as in a checkout, else among packages. All that are installed go along, so the
// actions run on as many platforms (`npm install --cpu arm64` adds one).
const { resolve } = createRequire(import.meta.url);
const library = path.dirname(resolve('cache-guardian'));
const beside = path.join(library, 'cache-node.node');
mkdirSync(dist, { recursive: true });
if (existsSync(beside)) copyFileSync(beside, path.join(dist, 'cache-node.node'));
else {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(path.join(library, 'package.json'), 'utf8'));
  const installed = Object.keys(optionalDependencies)
    .map((name) => [name, path.join(library, '..', name)])
    .filter(([, folder]) => existsSync(folder));
  if (installed.length === 0) throw new Error('the native half of cache-guardian is installed for no platform');
  for (const [name, folder] of installed) cpSync(folder, path.join(dist, 'node_modules', name), { recursive: true });
}
