// How long the event loop of Node is held up while an image is promoted: the real one of 228 MB, from one OCI layout to another.
//
//     node benches/event-loop.mjs [LAYOUT:TAG]       (default target/real-image/layout:v1.0.0; scripts/node.sh builds the addon)
//
// Prints the longest and the 99th percentile of the delays, beside those of the same time without any work.
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Promoter } from '../cache-node/index.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const image = process.argv[2] ?? path.join(root, 'target/real-image/layout:v1.0.0');
const gates = ['scan', 'signature', 'sbom', 'license', 'provenance', 'smoke_test'];
const policy = ['scan_policy:', '  promotion_to_bench:', ...gates.map((gate) => `    require_${gate}: false`)].join('\n');

async function delays(name, work) {
  const seen = monitorEventLoopDelay({ resolution: 1 });
  await wait(50);
  seen.enable();
  const start = performance.now();
  await work();
  const took = performance.now() - start;
  seen.disable();
  const ms = (nanos) => (nanos / 1e6).toFixed(1);
  console.log(`${name}: ${took.toFixed(0)} ms, longest delay ${ms(seen.max)} ms, 99 % within ${ms(seen.percentile(99))} ms`);
  return took;
}

const folder = mkdtempSync(path.join(root, 'target', 'event-loop-'));
try {
  const [source, target] = [`oci:${image.slice(0, image.lastIndexOf(':'))}`, `oci:${path.join(folder, 'to')}`];
  const promoter = new Promoter({ source, target, environment: 'bench', policy, ledger: path.join(folder, 'ledger') });
  const request = { from: `oci:${image}`, to: `${target}:v1`, requester: 'bench' };
  const took = await delays('promotion', async () => {
    const { plan } = await promoter.plan(request);
    const approval = await plan.approveByCallback(() => ({ decision: 'approve', approver: 'caller' }));
    const receipt = await promoter.execute(plan, [approval]);
    if (!receipt.complete) throw new Error(receipt.render());
  });
  await delays('nothing', () => wait(took));
} finally {
  rmSync(folder, { recursive: true });
}
