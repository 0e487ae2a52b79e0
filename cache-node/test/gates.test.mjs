// Gates that are written in JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Promoter } from '../index.mjs';
import { prepare } from './helper.mjs';

const pass = { reasons: [{ outcome: 'pass', code: 'fine', message: 'fine' }] };

async function outlook(judge) {
  const scenario = prepare('promote-signed');
  return new Promoter(scenario.promoter, [{ name: 'own', judge }]).plan(scenario.request);
}
const own = (result) => result.verdicts.find((verdict) => verdict.gate === 'own');

test('it sees the verified evidence', async () => {
  let seen;
  const result = await outlook(async (evidence) => {
    seen = evidence;
    return pass;
  });
  assert.equal(result.state, 'ready');
  assert.equal(seen.signatures[0].about, seen.image.digest);
  assert.equal(seen.signatures[0].by.name, 'release');
});

test('it may be a plain function', async () => {
  assert.equal((await outlook(() => pass)).state, 'ready');
});

const throwing = {
  'throws at once': () => {
    throw new Error('no idea');
  },
  rejects: async () => {
    throw new Error('no idea');
  },
};
for (const [name, judge] of Object.entries(throwing)) {
  test(`a gate that ${name} is an error and never a pass`, async () => {
    const result = await outlook(judge);
    assert.equal(result.state, 'blocked');
    assert.equal(own(result).outcome, 'error');
    assert.match(own(result).reasons[0].message, /no idea/);
  });
}

for (const answer of [undefined, null, true, 'pass', {}, { outcome: 'pass' }, { reasons: [] }, { reasons: [{}] }, () => pass]) {
  test(`an answer that is no verdict is an error: ${answer} ${JSON.stringify(answer)}`, async () => {
    const result = await outlook(async () => answer);
    assert.equal(result.state, 'blocked');
    assert.equal(own(result).outcome, 'error');
  });
}

test('a stated pass does not hide a failing reason', async () => {
  const reason = { outcome: 'fail', code: 'c', message: 'm' };
  assert.equal(own(await outlook(() => ({ outcome: 'pass', reasons: [reason] }))).outcome, 'fail');
});

test('a gate that is none is refused', () => {
  const scenario = prepare('promote-signed');
  assert.throws(() => new Promoter(scenario.promoter, [{}]));
  assert.throws(() => new Promoter(scenario.promoter, [{ name: '', judge: () => pass }]));
});

test('the event loop turns while a call waits', async () => {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  let result;
  try {
    result = await outlook(() => new Promise((done) => setTimeout(() => done(pass), 30)));
  } finally {
    clearInterval(timer);
  }
  assert.equal(result.state, 'ready');
  assert.ok(turns > 3);
});
