'use strict';
// What a call is given is looked at before the native half gets it: so it is said which argument is wrong and in which way, and
// nothing has begun. A value is never shown, as it may be a secret in the wrong place.

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

// What is wrong with a value, and where in it; nothing where all is well.
const wrong = (value, words) => ({ at: '', why: `is ${shown(value)}, and has to be ${words}` });
const within = (part, fault) => fault && { ...fault, at: part + fault.at };

function first(parts, look) {
  for (const part of parts) {
    const fault = look(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

// The kinds of arguments.
const kind = (words, holds) => ({ fault: (value) => (holds(value) ? undefined : wrong(value, words)) });
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

// What may be left out.
const maybe = (of) => ({ ...of, fault: (value) => (value === undefined || value === null ? undefined : of.fault(value)) });

const list = (of) => ({
  fault: (value) =>
    Array.isArray(value) ? first(value.keys(), (i) => within(`[${i}]`, of.fault(value[i]))) : wrong(value, 'a list'),
});

// An object with these fields. One that is not known would be overlooked.
const shape = (fields, closed = true) => ({
  fields,
  fault(value) {
    if (!isObject(value)) return wrong(value, 'an object');
    const other = closed ? Object.keys(value).find((name) => !Object.hasOwn(fields, name)) : undefined;
    if (other !== undefined) return { at: '', why: `has no ${other}`, hint: `it has ${Object.keys(fields).join(', ')}` };
    return first(Object.keys(fields), (name) => within(`.${name}`, fields[name].fault(value[name])));
  },
});
const evidence = shape({ kind: text, bytes: maybe(bytes), path: maybe(text) });
const gate = shape({ name: text, judge: func }, false);
const options = (fields) => maybe(shape(Object.fromEntries(Object.entries(fields).map(([name, of]) => [name, maybe(of)]))));

// What JSON has. A field that is `undefined` is none.
const data = {
  fault(value) {
    if (!isObject(value)) return wrong(value, 'an object of plain data');
    const budget = { left: MOST };
    const fault = odd(value, DEEPEST, budget);
    return budget.left < 0 ? { at: '', why: 'is nested too deeply, or has too much in it' } : fault;
  },
};

function odd(value, depth, budget) {
  budget.left -= 1;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return undefined;
  if (value === null || Number.isFinite(value)) return undefined;
  const listed = Array.isArray(value);
  if (!listed && !isObject(value)) return wrong(value, 'plain data');
  if (depth === 0) budget.left = -1;
  // Written out, as there may be a million of them.
  const parts = listed ? value : Object.keys(value);
  for (let i = 0; i < parts.length && budget.left >= 0; i += 1) {
    const part = listed ? value[i] : value[parts[i]];
    const fault = part === undefined && !listed ? undefined : odd(part, depth - 1, budget);
    if (fault !== undefined) return within(listed ? `[${i}]` : `.${parts[i]}`, fault);
  }
  return undefined;
}

// Throws `Invalid` where something is not what the call takes.
function check(call, takes, given) {
  Object.entries(takes).forEach(([name, of], i) => {
    const fault = within(name, of.fault(given[i]));
    if (fault === undefined) return;
    const { at, why, hint } = fault;
    throw new Invalid(`${call}: ${at} ${why}`, { hint, context: { argument: at } });
  });
}

module.exports = { an, bytes, check, count, data, evidence, flag, func, gate, headers, list, maybe, options, signal, text };
