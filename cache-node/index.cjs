'use strict';
// The native half as users see it: what a call is given is read first (signatures.cjs), and so is what functions of the application
// answer (answers.cjs); errors are classes (errors.cjs), signals stop the work (stop.cjs), and objects can be printed (seen.cjs).
// Nothing else happens here: types and documentation are those of native.d.ts.

const { types } = require('node:util');
const native = require('./load.cjs');
const { answering } = require('./answers.cjs');
const { data, read, text } = require('./arguments.cjs');
const { translate, ...errors } = require('./errors.cjs');
const { show } = require('./seen.cjs');
const signatures = require('./signatures.cjs');
const { stoppable } = require('./stop.cjs');

const translated = (name, call) =>
  function (...given) {
    try {
      const result = call.apply(this, given);
      if (!types.isPromise(result)) return result;
      return result.catch((error) => {
        throw translate(error, name);
      });
    } catch (error) {
      throw translate(error, name);
    }
  };

// What the native half asks of the application. A gate keeps its `this`.
const judging = (gate) =>
  answering('the gate', (evidence) => gate.judge(evidence), data, '{ reasons: [{ outcome, code, message }] }, or a promise of it');
const giving = (token) => token && answering('the function that gives tokens', token, text, 'a text, or a promise of it');
// Requests of Node have lists where a header came twice; requests of the web have an iterable. A desk reads texts.
const texts = (headers) => {
  const all = typeof headers?.[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers ?? {});
  const pairs = all.filter((pair) => Array.isArray(pair) && typeof pair[1] === 'string');
  return Object.assign(Object.create(null), Object.fromEntries(pairs));
};
const atDesk = (call) =>
  function (headers, body, at) {
    return call.call(this, texts(headers), body, at);
  };
// The calls to which JavaScript gives something else than it gets.
const adapted = {
  'AnswerDesk.slack': atDesk,
  'AnswerDesk.teams': atDesk,
  'Plan.approveByCallback': (call) =>
    async function (ask, at) {
      let thrown;
      const asking = async (plan) => {
        try {
          const [said] = read('Plan.approveByCallback', { answer: data }, [await ask(plan)]);
          return said;
        } catch (error) {
          thrown = { error };
          throw error;
        }
      };
      try {
        return await call.call(this, asking, at);
      } catch (error) {
        throw thrown === undefined ? error : thrown.error;
      }
    },
  'Plan.approveBySignature': (call) =>
    function (answer, signer, at, token) {
      return call.call(this, answer, signer, at, giving(token));
    },
  'new Promoter': (call) => (config, gates, token) => {
    const asked = (gates ?? []).map((gate) => ({ name: gate.name, judge: judging(gate) }));
    return call(config, asked, giving(token));
  },
};

// The call as users make it. What promises rejects with what is wrong, and never throws it.
function guarded(name, call, { takes, promises } = { takes: {}, promises: false }) {
  const done = adapted[name]?.(translated(name, call)) ?? translated(name, call);
  if (!promises) {
    return function (...given) {
      return done.apply(this, read(name, takes, given));
    };
  }
  return async function (...given) {
    const taken = read(name, takes, given);
    if (takes.options === undefined) return done.apply(this, taken);
    // They come last.
    const options = taken.pop() ?? {};
    return stoppable(options, (stopping) => done.call(this, ...taken, stopping));
  };
}

const notByHand = (name) => () => {
  throw new errors.Invalid(`only the methods of Cache make ${name}`);
};

// The class that users see: it has the prototype of the native one, whose static members cannot be replaced.
function face(name, made) {
  const takes = signatures[name] ?? {};
  const make = takes.new ? guarded(`new ${name}`, (...given) => new made(...given), takes.new) : notByHand(name);
  const Face = { [name]: function (...given) { return make(...given); } }[name];
  for (const [member, is] of Object.entries(Object.getOwnPropertyDescriptors(made.prototype))) {
    if (member === 'constructor') continue;
    const called = `${name}.${member}`;
    const seen = is.get ? { get: translated(called, is.get) } : { value: guarded(called, is.value, takes[member]) };
    Object.defineProperty(made.prototype, member, { ...is, ...seen });
  }
  Face.prototype = made.prototype;
  Object.defineProperty(made.prototype, 'constructor', { value: Face, configurable: true });
  show(name, made.prototype);
  // By this an argument is known to be of the class.
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: name, configurable: true });
  for (const member of Object.getOwnPropertyNames(made)) {
    if (typeof made[member] !== 'function') continue;
    Face[member] = guarded(`${name}.${member}`, (...given) => made[member](...given), takes[member]);
  }
  return Face;
}

const isClass = (name) => /^[A-Z]/.test(name);
const seen = Object.entries(native).map(([name, made]) => [
  name,
  isClass(name) ? face(name, made) : guarded(name, made, signatures[name]),
]);

module.exports = { ...Object.fromEntries(seen), ...errors };
