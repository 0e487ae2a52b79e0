// The generated types are those that are checked in.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

test('native.d.ts is what the build generates', () => {
  const checkedIn = readFileSync(new URL('../native.d.ts', import.meta.url), 'utf8');
  assert.equal(readFileSync(process.env.CACHE_GENERATED_TYPES, 'utf8'), checkedIn);
});
