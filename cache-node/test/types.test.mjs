// The generated types are those that are checked in, and what is written by hand goes with them.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import typescript from 'typescript';

const text = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const checkedIn = text('native.d.ts');

test('native.d.ts is what the build generates', () => {
  assert.equal(readFileSync(process.env.CACHE_GENERATED_TYPES, 'utf8'), checkedIn);
});

test('of the classes that no call takes part in making, none can be constructed', () => {
  const classes = [...checkedIn.matchAll(/^export declare class (\w+) \{\n(.*?)^\}/gms)];
  const made = classes.filter(([, , body]) => !body.includes('  constructor(')).map(([, name]) => name);
  const extended = [...text('types/made.d.ts').matchAll(/^export class (\w+) extends native\.\1 \{$/gm)];
  assert.deepEqual(extended.map(([, name]) => name), made);
  const [, named] = /^export \{\n(.*?)\} from '\.\/types\/made\.js'/ms.exec(text('index.d.cts'));
  assert.deepEqual(named.match(/\w+/g), made);
});

test('what may be left out may be undefined', () => {
  const written = readdirSync(new URL('../types', import.meta.url)).map((name) => `types/${name}`);
  let count = 0;
  for (const name of ['native.d.ts', 'index.d.cts', ...written]) {
    const source = typescript.createSourceFile(name, text(name), typescript.ScriptTarget.Latest);
    const look = (node) => {
      if (typescript.isPropertySignature(node) && node.questionToken !== undefined) {
        count += 1;
        assert.match(node.getText(source), /\?: (unknown|undefined|.* \| undefined);?$/s, name);
      }
      typescript.forEachChild(node, look);
    };
    look(source);
  }
  assert.ok(count > 300, `${count} fields`);
});
