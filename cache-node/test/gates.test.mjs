// Gates that are written in JavaScript.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Promoter } from '../index.mjs';
import { collecting, prepare } from './helper.mjs';

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

const failed = async (judge) => {
  const { outcome, reasons } = own(await outlook(judge));
  assert.deepEqual([outcome, reasons.length, reasons[0].code], ['error', 1, 'gate-failed']);
  return reasons[0].message;
};

test('a gate that answers nothing, or something else, is told what it has to return', async () => {
  for (const [answer, words] of [
    [undefined, 'undefined'], [null, 'null'], [true, 'a boolean'], ['pass', 'a text'], [[pass], 'a list'], [new Map(), 'a Map'],
  ]) {
    const message = await failed(() => answer);
    assert.ok(message.includes(`the gate returned ${words}, and has to return { reasons: [`), message);
  }
  const cyclic = { ...pass };
  cyclic.self = { cyclic };
  assert.match(await failed(() => cyclic), /the answer of the gate is cyclic, nested too deeply, or has too much in it$/);
  const odd = { reasons: [{ ...pass.reasons[0], message: () => {} }] };
  assert.match(await failed(() => odd), /the answer of the gate is not valid: reasons\[0\].message is a function/);
});

test('whatever a gate throws is said, and not more of it than helps', async () => {
  const silent = new Error('');
  const odd = { get message() { throw new Error('no'); } };
  Object.setPrototypeOf(odd, Error.prototype);
  for (const [thrown, words] of [
    [null, 'null'], [undefined, 'undefined'], [Symbol('s'), 'Symbol(s)'], [5n, '5'], ['words', 'words'], ['', 'an empty text'],
    [{ token: 's3cret', status: 401 }, 'an object with token, status'], [{}, 'an object'], [() => {}, 'a function'],
    [silent, 'Error'], [odd, 'what cannot be shown'], ['x'.repeat(5e6), `${'x'.repeat(1000)}…`],
  ]) {
    const message = await failed(() => { throw thrown; });
    assert.ok(message.endsWith(`the gate threw: ${words}`), message.slice(0, 2000));
  }
});

test('a gate keeps its this, and what it inherits is not of its verdict', async () => {
  class Own {
    #reasons = pass.reasons;
    name = 'own';
    judge() {
      return Object.assign(Object.create({ more: () => {} }), { reasons: this.#reasons });
    }
  }
  const scenario = prepare('promote-signed');
  assert.equal((await new Promoter(scenario.promoter, [new Own()]).plan(scenario.request)).state, 'ready');
});

test('a gate whose promise nobody can settle any more is an error', { timeout: 60_000 }, async () => {
  assert.match(await collecting(() => failed(() => new Promise(() => {}))), /the promise of the gate was never settled$/);
});

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
