'use strict';
// The error classes: one for each kind of error of the core. The native half sends an error as JSON in its message.

const { types } = require('node:util');

class CacheError extends Error {
  // For a class of somebody else's below this one.
  static code = 'UNEXPECTED';

  constructor(message, { hint = null, context = {}, cause } = {}) {
    super(message, cause && { cause });
    this.name = new.target.name;
    this.code = new.target.code;
    this.hint = hint;
    this.context = context;
  }
}

const kinds = {
  Invalid: 'INVALID',
  NotFound: 'NOT_FOUND',
  Unauthenticated: 'UNAUTHENTICATED',
  Denied: 'DENIED',
  Conflict: 'CONFLICT',
  Untrusted: 'UNTRUSTED',
  Unapproved: 'UNAPPROVED',
  Unsupported: 'UNSUPPORTED',
  RateLimited: 'RATE_LIMITED',
  Unavailable: 'UNAVAILABLE',
  Unexpected: 'UNEXPECTED',
};

const classes = Object.fromEntries(
  Object.entries(kinds).map(([name, code]) => {
    const made = { [name]: class extends CacheError {} }[name];
    made.code = code;
    return [name, made];
  }),
);
const byCode = new Map(Object.values(classes).map((made) => [made.code, made]));

// The class for an error of the native half, where `call` was called. The text by which it says that the work was stopped, and what
// an application throws, stay as they are.
function translate(error, call) {
  if (!types.isNativeError(error) || error.message === 'STOPPED') return error;
  let sent;
  try {
    sent = JSON.parse(error.message);
  } catch {
    return unsent(error, call);
  }
  const Kind = byCode.get(sent?.code);
  if (Kind === undefined) return error;
  const context = {};
  for (const [key, value] of sent.context) {
    // A key may come more than once, such as the approvals that were ignored.
    context[key] = key in context ? `${context[key]}\n${value}` : value;
  }
  const cause = sent.causes.length > 0 ? new Error(sent.causes.join(': ')) : undefined;
  return new Kind(sent.message, { hint: sent.hint, context, cause });
}

// What is not of the core: napi cannot take an argument that looks right, such as an object with the prototype of a plan; V8 is
// asked for a method of another object; an answer is too large for napi (`Exceeded`).
function unsent(error, call) {
  const { name, code, message } = error;
  const refused = /^(InvalidArg|[A-Z]\w+Expected)$/.test(code) && !message.startsWith('Exceeded');
  if (refused || (name === 'TypeError' && message === 'Illegal invocation')) {
    return new classes.Invalid(`${call} was given what it cannot take: ${message}`, { cause: error });
  }
  const native = code === 'GenericFailure' || code === 'InvalidArg';
  return native ? new classes.Unexpected(`${call}: ${message}`, { cause: error }) : error;
}

module.exports = { CacheError, ...classes, translate };
