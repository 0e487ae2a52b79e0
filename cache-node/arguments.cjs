'use strict';
// What a call is given is read before the native half gets it: so it is said which argument is wrong and in which way, and nothing
// has begun. A value is never shown, as it may be a secret in the wrong place. Data is copied, and only what an object itself has
// counts, as for `JSON.stringify`: the native half would take what any prototype has, and would ask a getter a second time.

const { types } = require('node:util');
const { Invalid } = require('./errors.cjs');

// As deep and as much as the native half takes.
const DEEPEST = 128;
const MOST = 1_000_000;

// `Object` of plain data, `Promise`, `Uint8Array`, `Plan`: also for values of another realm, which `instanceof` does not know.
const tag = (value) => Object.prototype.toString.call(value).slice(8, -1);
const isObject = (value) => typeof value === 'object' && (tag(value) === 'Object' || tag(value) === 'Module');
const article = (word) => `${/^[AEIO]/i.test(word) ? 'an' : 'a'} ${word}`;

function shown(value) {
  if (value === undefined) return 'missing';
  if (value === null || typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value);
  if (typeof value === 'string') return 'a text';
  if (typeof value !== 'object') return article(typeof value);
  return Array.isArray(value) ? 'a list' : article(isObject(value) ? 'object' : tag(value));
}

// What is wrong with a value, and where in it.
class Fault {
  constructor(why, { hint, isKind = false } = {}) {
    this.at = '';
    this.why = why;
    this.hint = hint;
    // Whether it is another kind of thing altogether.
    this.isKind = isKind;
  }
}
const wrong = (value, words) => new Fault(`is ${shown(value)}, and has to be ${words}`, { isKind: true });

// What an application throws in a getter stays as it is.
function within(part, thrown) {
  if (thrown instanceof Fault) thrown.at = part + thrown.at;
  return thrown;
}
function readPart(part, of, value) {
  try {
    return of.read(value);
  } catch (thrown) {
    throw within(part, thrown);
  }
}

// The kinds of arguments. Each reads a value, or throws what is wrong with it.
const kind = (words, holds) => ({
  read(value) {
    if (!holds(value)) throw wrong(value, words);
    return value;
  },
});
const text = kind('a text', (value) => typeof value === 'string');
const flag = kind('true or false', (value) => typeof value === 'boolean');
const count = kind('a whole number from 0 to 4294967295', (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32);
const bytes = kind('a Buffer or another Uint8Array', (value) => types.isUint8Array(value));
const func = kind('a function', (value) => typeof value === 'function');
const headers = kind('the headers of a request', (value) => typeof value === 'object' && value !== null);
const signal = kind(
  'an AbortSignal',
  (value) => typeof value?.throwIfAborted === 'function' && typeof value.addEventListener === 'function',
);
const an = (name) => kind(article(name), (value) => tag(value) === name);

// What may be left out: `null` is the same as nothing, of which the native half knows only the second.
const maybe = (of) => ({ read: (value) => (value === undefined || value === null ? undefined : of.read(value)) });

const list = (of) => ({
  read(value) {
    if (!Array.isArray(value)) throw wrong(value, 'a list');
    return Array.from(value, (each, i) => readPart(`[${i}]`, of, each));
  },
});

// An object with these fields. One that is not known would be overlooked.
const shape = (fields) => ({
  read(value) {
    if (!isObject(value)) throw wrong(value, 'an object');
    const own = Object.keys(value);
    const other = own.find((name) => !Object.hasOwn(fields, name));
    if (other !== undefined) throw new Fault(`has no ${other}`, { hint: `it has ${Object.keys(fields).join(', ')}` });
    const copy = Object.create(null);
    for (const [name, of] of Object.entries(fields)) {
      const part = readPart(`.${name}`, of, own.includes(name) ? value[name] : undefined);
      if (part !== undefined) copy[name] = part;
    }
    return copy;
  },
});
const evidence = shape({ kind: text, bytes: maybe(bytes), path: maybe(text) });
const options = (fields) => maybe(shape(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, maybe(of)]))));

// An object of the application that does something, so what it inherits counts: it may be of a class.
const gate = {
  read(value) {
    if (!isObject(value)) throw wrong(value, 'an object');
    readPart('.name', text, value.name);
    readPart('.judge', func, value.judge);
    return value;
  },
};

// What JSON has. A field that is `undefined` is none.
const data = {
  read(value) {
    if (!isObject(value)) throw wrong(value, 'an object of plain data');
    const budget = { left: MOST };
    try {
      return copied(value, DEEPEST, budget);
    } catch (thrown) {
      const isTooMuch = thrown instanceof Fault && budget.left < 0;
      throw isTooMuch ? new Fault('is cyclic, nested too deeply, or has too much in it') : thrown;
    }
  },
};

function copied(value, depth, budget) {
  budget.left -= 1;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (value === null || Number.isFinite(value)) return value;
  const listed = Array.isArray(value);
  if (!listed && !isObject(value)) throw wrong(value, 'plain data');
  if (depth === 0) budget.left = -1;
  // No prototype: a field may have any name.
  const copy = listed ? [] : Object.create(null);
  // Written out, as there may be a million of them.
  const parts = listed ? value : Object.keys(value);
  for (let i = 0; i < parts.length; i += 1) {
    if (budget.left < 0) throw new Fault('is too much');
    const name = listed ? i : parts[i];
    const part = value[name];
    if (part === undefined && !listed) continue;
    try {
      copy[name] = copied(part, depth - 1, budget);
    } catch (thrown) {
      throw within(listed ? `[${i}]` : `.${name}`, thrown);
    }
  }
  return copy;
}

// What a call is given, as it takes it. Throws `Invalid` where something is not what the call takes.
function read(call, takes, given) {
  return Object.entries(takes).map(([name, of], i) => {
    try {
      return readPart(name, of, given[i]);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      const { at, why, hint } = thrown;
      throw new Invalid(`${call}: ${at} ${why}`, { hint, context: { argument: at } });
    }
  });
}

const kinds = { an, bytes, count, data, evidence, flag, func, gate, headers, list, maybe, options, signal, text };
module.exports = { ...kinds, Fault, read, shown };
