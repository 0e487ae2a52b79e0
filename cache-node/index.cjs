'use strict';
// The native half, with its errors as classes. Nothing else happens here: types and documentation are those of native.d.ts.

const native = require('./cache-node.node');
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
  if (made.fromJson) Face.fromJson = translated((json) => made.fromJson(json));
  return Face;
}

const notByHand = () => {
  throw new TypeError('only the methods of Cache make these');
};
const [Approval, Outlook, Plan, Receipt] = ['Approval', 'Outlook', 'Plan', 'Receipt'].map((name) =>
  face(native[name], notByHand),
);

// The native half waits for promises; an `async` function makes one of a value, and of what was thrown.
const { approveByCallback } = Plan.prototype;
Plan.prototype.approveByCallback = function (ask, at) {
  return approveByCallback.call(this, async (plan) => ask(plan), at);
};
const NativePromoter = native.Promoter;
const Promoter = face(NativePromoter, (config, gates = []) => {
  const asked = gates.map((gate) => ({ name: gate.name, judge: async (evidence) => gate.judge(evidence) }));
  return new NativePromoter(config, asked);
});

module.exports = { Approval, Outlook, Plan, Promoter, Receipt, errorKinds: native.errorKinds, ...errors };
