#!/usr/bin/env node
// Tells the story of an image: who built, signed, scanned, approved and promoted it, and what of that is proved.
//
//     node story.mjs docker://HOST/prod/app:v1 [--key KEY.pub ...] [--page FILE.html]
//
// Without a key nobody's word counts, and all of it is told as claims.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CacheError, tellStory } from 'cache-guardian';

const { values: asked, positionals } = parseArgs({
  allowPositionals: true,
  options: { key: { type: 'string', multiple: true, default: [] }, page: { type: 'string' } },
});

try {
  const trustedKeys = asked.key.map((key) => ({ name: key, path: key }));
  const story = await tellStory({ image: positionals[0], trustedKeys });
  if (asked.page) writeFileSync(asked.page, story.html());
  process.stdout.write(story.markdown());
} catch (error) {
  if (!(error instanceof CacheError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
