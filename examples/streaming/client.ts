import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';

import { connect } from '@patchbay/rpcclient';

import type { Text } from './text.js';

await using client = connect();
const text = client.proxy<Text>('text');

// A Node stream, a web stream or any async iterable; however long it is, only a small part is in memory.
const digest = await text.digest(createReadStream(process.execPath));
process.stdout.write(`the digest has ${String(digest.length)} digits\n`);

// Both ways at once: each line is sent when the response to the previous one has arrived.
const rest = ['second', 'third'];
const lines = new PassThrough({ objectMode: true });
lines.write('first');
const call = text.number(lines);
for await (const answer of call) {
  process.stdout.write(`${answer}\n`);
  const next = rest.shift();
  if (next === undefined) {
    lines.end();
  } else {
    lines.write(next);
  }
}
process.stdout.write(`${String(await call)} lines\n`);
