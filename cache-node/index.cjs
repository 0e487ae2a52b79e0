'use strict';
// The native half, with its errors as classes and with signals that stop it. Nothing else happens here: types and
// documentation are those of native.d.ts.

const native = require('./load.cjs');
const { translate, ...errors } = require('./errors.cjs');

const translated = (call) =>
  function (...given) {
    try {
      const result = call.apply(this, given);
      if (!(result instanceof Promise)) return result;
      return result.catch((error) => {
        throw translate(error);
      });
    } catch (error) {
      throw translate(error);
    }
  };

// The class that users see: it has the prototype of the native one, whose static members cannot be replaced.
function face(made, construct) {
  const Face = { [made.name]: function (...given) { return translated(construct)(...given); } }[made.name];
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(made.prototype))) {
    if (name === 'constructor') continue;
    const part = member.get ? 'get' : 'value';
    Object.defineProperty(made.prototype, name, { ...member, [part]: translated(member[part]) });
  }
  Face.prototype = made.prototype;
  Object.defineProperty(made.prototype, 'constructor', { value: Face, configurable: true });
  for (const name of ['build', 'fromJson', 'generate', 'merge', 'open', 'parse', 'update', 'validate']) {
    if (made[name]) Face[name] = translated((...given) => made[name](...given));
  }
  return Face;
}

const notByHand = () => {
  throw new TypeError('only the methods of Cache make these');
};
const made = Object.fromEntries(
  [
    'Approval',
    'Assessment',
    'Carried',
    'Cleaned',
    'Database',
    'Outlook',
    'Plan',
    'Proposal',
    'Receipt',
    'Reproduction',
    'Sbom',
    'Story',
  ].map((name) => [name, face(native[name], notByHand)]),
);
const { Approval, Assessment, Carried, Cleaned, Database, Outlook, Plan, Proposal, Receipt, Reproduction, Sbom, Story } = made;
const Scanner = face(native.Scanner, (config) => new native.Scanner(config));
const NativeDesk = native.AnswerDesk;
const AnswerDesk = face(NativeDesk, (config) => new NativeDesk(config));
const Registries = face(native.Registries, (config) => new native.Registries(config));

// The native half waits for promises; an `async` function makes one of a value, and of what was thrown.
const { approveByCallback, approveBySignature } = Plan.prototype;
Plan.prototype.approveByCallback = function (ask, at) {
  return approveByCallback.call(this, async (plan) => ask(plan), at);
};
const promising = (token) => token && (async (audience) => token(audience));
Plan.prototype.approveBySignature = function (answer, signer, at, token) {
  return approveBySignature.call(this, answer, signer, at, promising(token));
};
const NativePromoter = native.Promoter;
const Promoter = face(NativePromoter, (config, gates = [], token) => {
  const asked = gates.map((gate) => ({ name: gate.name, judge: async (evidence) => gate.judge(evidence) }));
  return new NativePromoter(config, asked, promising(token));
});
const NativeRetention = native.Retention;
const Retention = face(NativeRetention, (config) => new NativeRetention(config));
const NativeAdministrator = native.Administrator;
const Administrator = face(NativeAdministrator, (config) => new NativeAdministrator(config));

// Signals become promises, which the native half waits for. A promise that nobody can settle any more goes away.
async function stoppable({ signal, onProgress, ...options }, call) {
  signal?.throwIfAborted();
  let stop, why;
  const stopped = new Promise((resolve) => {
    stop = (reason) => {
      why ??= { reason };
      resolve();
    };
  });
  const abort = () => stop(signal.reason);
  signal?.addEventListener('abort', abort);
  if (onProgress) {
    options.onProgress = (progress) => {
      try {
        onProgress(progress);
      } catch (thrown) {
        stop(thrown);
      }
      return why === undefined;
    };
  }
  try {
    return await call({ ...options, signal: stopped });
  } catch (error) {
    throw why !== undefined && error.message === 'STOPPED' ? why.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}
// `before` arguments, and then options, of which all may have a signal. What is no option would be overlooked.
const withOptions = (before, call, known = []) =>
  function (...given) {
    const first = Array.from({ length: before }, (_, at) => given[at]);
    const options = given[before] ?? {};
    if (typeof options !== 'object' || Array.isArray(options)) return refused('the options are no object');
    const other = Object.keys(options).find((name) => name !== 'signal' && !known.includes(name));
    if (other !== undefined) return refused(`there is no option ${other}`, ['signal', ...known]);
    return stoppable(options, (settled) => call.call(this, ...first, settled));
  };
const refused = async (message, known) => {
  throw new errors.Invalid(message, known && { hint: `the options are ${known.join(', ')}` });
};
function stops(owner, before, names, known) {
  for (const name of names) owner[name] = withOptions(before, owner[name], known);
}
stops(Sbom, 1, ['generate'], ['onProgress']);
stops(Database, 1, ['build']);
stops(Database, 1, ['update'], ['onProgress']);
stops(Scanner.prototype, 1, ['scan'], ['onProgress']);
stops(Scanner.prototype, 1, ['scanSbom']);
stops(Registries.prototype, 1, ['config', 'digest', 'inspect', 'manifest'], ['platform']);
stops(Registries.prototype, 1, ['login', 'referrers', 'repositories', 'tags']);
stops(Promoter.prototype, 1, ['assess', 'plan', 'reproduce'], ['given']);
stops(Promoter.prototype, 1, ['planAttaching', 'planRollback']);
stops(Promoter.prototype, 2, ['planBreakingGlass'], ['given']);
stops(Promoter.prototype, 2, ['execute'], ['onProgress']);
stops(Promoter.prototype, 3, ['ask']);
stops(Retention.prototype, 1, ['plan'], ['onProgress']);
stops(Retention.prototype, 1, ['planRestore']);
stops(Retention.prototype, 2, ['execute'], ['dryRun']);
stops(Retention.prototype, 3, ['ask', 'restore']);
stops(Administrator.prototype, 1, ['ask', 'plan']);
stops(Administrator.prototype, 2, ['execute']);
stops(Administrator.prototype, 3, ['askPeople']);

// Requests of Node have lists where a header came twice; requests of the web have an iterable. A desk reads texts.
const texts = (headers) => {
  const all = typeof headers?.[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers ?? {});
  return Object.fromEntries(all.filter(([, value]) => typeof value === 'string'));
};
for (const name of ['slack', 'teams']) {
  const answer = AnswerDesk.prototype[name];
  AnswerDesk.prototype[name] = function (headers, body, at) {
    return answer.call(this, texts(headers), body, at);
  };
}

const { errorKinds } = native;
const names = [
  'assess',
  'checkPolicy',
  'explainPolicy',
  'generateKey',
  'mergeReports',
  'parseReport',
  'simulatePolicy',
  'translatePolicy',
  'verifyFile',
];
const functions = Object.fromEntries(names.map((name) => [name, translated(native[name])]));
const alert = withOptions(2, translated(native.alert));
const refreshTrustedRoot = withOptions(1, translated(native.refreshTrustedRoot));
const tellStory = withOptions(1, translated(native.tellStory));
const verify = withOptions(1, translated(native.verify));
const verifyJournal = withOptions(2, translated(native.verifyJournal));

module.exports = {
  Administrator,
  AnswerDesk,
  Approval,
  Assessment,
  Carried,
  Cleaned,
  Database,
  Outlook,
  Plan,
  Promoter,
  Proposal,
  Receipt,
  Registries,
  Reproduction,
  Retention,
  Sbom,
  Scanner,
  Story,
  alert,
  errorKinds,
  refreshTrustedRoot,
  tellStory,
  verify,
  verifyJournal,
  ...functions,
  ...errors,
};
