import { deepStrictEqual } from 'node:assert/strict';
import { createInterface } from 'node:readline';

import type { Payload } from './payloads.js';
import { median } from './statistics.js';
import type { Echo } from './transport.js';
import { transports } from './transports/index.js';

// A child of the benchmark. `TRANSPORT serve` prints a port; `TRANSPORT call PORT` reads rounds from its standard input, one
// line of JSON each, and answers each with two numbers: the median time of a call in microseconds, or, with several in
// flight, calls per second; and how many calls it made. Both end when their standard input does. The scripts in peers/ do the same.
interface Round {
  readonly payload: Payload;
  readonly forMs: number;
  /** Continues until that many calls were made, for up to five times as long: code is optimized after many calls. */
  readonly calls?: number;
  readonly inFlight: number;
}

const [name = '', role, port] = process.argv.slice(2);
const transport = transports[name];
if (transport === undefined) {
  throw new Error(`no transport "${name}"`);
}
if (role === 'serve') {
  process.stdout.write(`${String(await transport.serve())}\n`);
  process.stdin.resume().on('end', () => process.exit());
} else {
  const echo = await transport.connect(Number(port));
  for await (const line of createInterface({ input: process.stdin })) {
    const round = JSON.parse(line) as Round;
    deepStrictEqual(await echo(round.payload), round.payload);
    const result = round.inFlight === 1 ? await medianUs(echo, round) : await callsPerSecond(echo, round);
    process.stdout.write(`${result.join(' ')}\n`);
  }
  process.exit();
}

async function medianUs(echo: Echo, { payload, forMs, calls = 0 }: Round): Promise<[number, number]> {
  const times: number[] = [];
  let nowMs = performance.now();
  const endMs = nowMs + forMs;
  while (nowMs < endMs || (times.length < calls && nowMs < endMs + 4 * forMs)) {
    await echo(payload);
    const startedMs = nowMs;
    nowMs = performance.now();
    times.push(nowMs - startedMs);
  }
  return [median(times) * 1000, times.length];
}

async function callsPerSecond(echo: Echo, { payload, forMs, inFlight }: Round): Promise<[number, number]> {
  const startedMs = performance.now();
  let calls = 0;
  let over = false;
  const caller = async (): Promise<void> => {
    while (!over) {
      await echo(payload);
      if (++calls % 64 === 0) {
        over = performance.now() - startedMs > forMs;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return [(calls / (performance.now() - startedMs)) * 1000, calls];
}
