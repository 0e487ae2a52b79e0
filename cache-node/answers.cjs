'use strict';
// The functions of an application that the native half asks. What they answer is read as arguments are, and what goes wrong is said
// here, in one sentence: of what is thrown the native half sees only the message of an `Error`.

const { types } = require('node:util');
const { Fault, shown } = require('./arguments.cjs');

// As much as is shown of what was thrown.
const LONGEST = 1000;

// An application may throw anything. Of what is no error only the names are shown: it may be an answer with a token in it.
function inWords(thrown) {
  let words;
  try {
    if (types.isNativeError(thrown) || thrown instanceof Error) words = String(thrown.message || thrown.name);
    else if (Object(thrown) !== thrown) words = String(thrown) || 'an empty text';
    else words = [shown(thrown), Object.keys(thrown).join(', ')].filter(Boolean).join(' with ');
  } catch {
    words = 'what cannot be shown';
  }
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
}

function sentence(who, due, said, thrown) {
  if (!(thrown instanceof Fault)) return `${who} threw: ${inWords(thrown)}`;
  const { at, why, isKind } = thrown;
  if (at !== '') return `the answer of ${who} is not valid: ${at.replace(/^\./, '')} ${why}`;
  if (!isKind) return `the answer of ${who} ${why}`;
  return `${who} returned ${said === undefined ? 'undefined' : shown(said)}, and has to return ${due}`;
}

// `ask` as a function that promises what it answers. `due` is what that has to be, in words.
const answering = (who, ask, of, due) => async (asked) => {
  let said;
  try {
    said = await ask(asked);
    return of.read(said);
  } catch (thrown) {
    throw new Error(sentence(who, due, said, thrown));
  }
};

module.exports = { answering };
