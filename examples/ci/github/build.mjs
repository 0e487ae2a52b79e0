// Makes the two actions: each one file without other packages, and the native half beside them.
//
//     node github/build.mjs [DIST]
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const dist = path.resolve(process.argv[2] ?? here('dist'));

rmSync(dist, { recursive: true, force: true });
await build({
  entryPoints: [here('src/plan.mjs'), here('src/execute.mjs')],
  outdir: dist,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  loader: { '.node': 'copy' },
  assetNames: '[name]',
  logLevel: 'warning',
});

// In a checkout the native half is beside the library and goes along. Else it is in packages, and those of all platforms that are
// installed go along.
if (!existsSync(path.join(dist, 'cache-node.node'))) {
  const library = path.dirname(createRequire(import.meta.url).resolve('cache-guardian'));
  const { optionalDependencies = {} } = JSON.parse(readFileSync(path.join(library, 'package.json'), 'utf8'));
  const installed = Object.keys(optionalDependencies)
    .map((name) => [name, path.join(library, '..', name)])
    .filter(([, folder]) => existsSync(folder));
  if (installed.length === 0) throw new Error('the native half of cache-guardian is installed for no platform');
  for (const [name, folder] of installed) cpSync(folder, path.join(dist, 'node_modules', name), { recursive: true });
}
