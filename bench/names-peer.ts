import { createInterface } from 'node:readline';

import { median } from './statistics.js';
import { callerOf, nameAt } from './names/registry.js';

// A child of the benchmark, `ADDRESS COUNT`: for each line of its standard input, JSON, it looks names up for that many
// milliseconds and until it has made that many calls; then it prints the median time of a lookup in microseconds, and
// how many there were.
interface Round {
  readonly forMs: number;
  readonly calls?: number;
}

const [address = '', count = ''] = process.argv.slice(2);
const { names } = callerOf(address);
let index = 0;
for await (const line of createInterface(process.stdin)) {
  const { forMs, calls = 0 } = JSON.parse(line) as Round;
  const times: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs || times.length < calls) {
    index = (index + 7919) % Number(count); // no neighbours, as if at random
    const startedMs = performance.now();
    await names.lookup(nameAt(index, Number(count)));
    times.push(performance.now() - startedMs);
  }
  process.stdout.write(`${String(median(times) * 1000)} ${String(times.length)}\n`);
}
process.exit();
