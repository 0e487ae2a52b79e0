// Makes the two actions: each one file without other packages, and the native half beside them, which is of one platform.
//
//     node github/build.mjs [DIST]
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

await build({
  entryPoints: [here('src/plan.mjs'), here('src/execute.mjs')],
  outdir: process.argv[2] ?? here('dist'),
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  loader: { '.node': 'copy' },
  assetNames: '[name]',
  logLevel: 'warning',
});
