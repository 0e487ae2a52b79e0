// The story of an image.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Approval, Invalid, NotFound, Promoter, Story, tellStory } from '../index.mjs';
import { example, prepare } from './helper.mjs';

const script = example('story.mjs');

// An image that was promoted, with a record.
async function promoted() {
  const scenario = prepare('promote-signed');
  const promoter = new Promoter(scenario.promoter);
  const { plan } = await promoter.plan(scenario.request);
  const receipt = await promoter.execute(plan, [Approval.fromJson(readFileSync('approval.json'))]);
  assert.ok(receipt.complete, receipt.render());
  return { image: scenario.request.to, trustedKeys: scenario.promoter.trustedKeys };
}

test('a story is told, with where the image runs', async () => {
  const request = await promoted();
  const { digest } = (await tellStory(request)).data.image;
  const deployments = [
    { digest, place: 'shop/web', since: '2026-02-01T00:00:00Z' },
    { digest: `sha256:${'0'.repeat(64)}`, place: 'shop/other' },
  ];
  const story = await tellStory({ ...request, deployments });
  assert.ok(story instanceof Story);
  const { events } = story.data;
  assert.ok(events.some(({ kind, standing }) => kind === 'signed' && standing.kind === 'verified'), story.markdown());
  assert.deepEqual(events.filter(({ kind }) => kind === 'deployed').map(({ title }) => title), ['Runs in shop/web']);
  assert.ok(story.markdown().startsWith(`# The story of ${request.image}`));
  assert.ok(story.html().startsWith('<!doctype html>'));
});

test('errors are told by kind, and a signal stops it', async () => {
  prepare('promote-signed');
  await assert.rejects(tellStory({ image: 'oci:source:v9' }), NotFound);
  await assert.rejects(tellStory({ image: 'oci:source:v1', trusted: [] }), Invalid);
  const reason = new Error('enough');
  await assert.rejects(tellStory({ image: 'oci:source:v1' }, { signal: AbortSignal.abort(reason) }), reason);
});

test('the example tells it', async () => {
  const { image } = await promoted();
  const given = [script, image, '--key', 'keys/release.pub', '--page', 'story.html'];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, stderr);
  assert.ok(stdout.startsWith(`# The story of ${image}`), stdout);
  assert.ok(readFileSync('story.html', 'utf8').startsWith('<!doctype html>'));
});
