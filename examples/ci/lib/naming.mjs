// How a person names a plan: by the beginning of its digest, as at a terminal.

const hex = (digest) => digest.slice('sha256:'.length);

/** What a person is asked to give back: the first eight characters. */
export const shown = (digest) => hex(digest).slice(0, 8);

/** Whether words name a plan: one of them is the beginning of its digest, of eight characters at least. */
export function names(words, digest) {
  const list = String(words ?? '').toLowerCase().split(/[^0-9a-z]+/);
  return list.some((word) => word.length >= 8 && hex(digest).startsWith(word));
}
