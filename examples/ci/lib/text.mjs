// Text that comes from outside, such as names of packages and references, as it may stand in Markdown.

const control = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** What a terminal, a log or a page may be given: neither control characters nor those that turn the direction of text. */
export const plain = (text) => String(text).replace(control, '\ufffd');

/** Lines for a log, each of which stays one. */
export const printable = (text) => text.split('\n').map(plain).join('\n');

/** Text in a table or a sentence of Markdown that is shown as it is: nothing of it is a link, a mention, an element or a column. */
export const cell = (text) => plain(text).replace(/[^\p{L}\p{N} ,./\ufffd-]/gu, (char) => `&#${char.codePointAt(0)};`);

/** A digest or a reference as code; anything with other characters as text. */
export const code = (text) => (/^[\w.:/@+-]+$/.test(text) ? `\`${text}\`` : cell(text));

/** Lines as a block of code that their own fences do not end. */
export function block(text) {
  const lines = printable(text);
  const longest = Math.max(2, ...(lines.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}text\n${lines}\n${fence}\n`;
}

/** A table. The cells are Markdown already. */
export function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('');
}

// Below the 1 MiB at which GitHub takes no summary at all.
const most = 1_000_000;

/** A summary of as many parts as there is room for, the first ones first. */
export function fitting(parts) {
  const shown = [...parts];
  while (shown.length > 1 && Buffer.byteLength(shown.join('\n')) > most) shown.pop();
  if (shown.length < parts.length)
    shown.push('There is more than can be shown here. It is in the files of this job.\n');
  return shown.join('\n');
}
