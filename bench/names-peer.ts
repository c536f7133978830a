import { createInterface } from 'node:readline';

import { median } from './statistics.js';
import { callerOf, nameAt } from './names/registry.js';

// A child of the benchmark, `ADDRESS COUNT`: for each line of its standard input, a time in milliseconds, it looks
// names up for as long, and prints the median time of a lookup in microseconds.
const [address = '', count = ''] = process.argv.slice(2);
const { names } = callerOf(address);
let index = 0;
for await (const line of createInterface(process.stdin)) {
  const times: number[] = [];
  const endMs = performance.now() + Number(line);
  while (performance.now() < endMs) {
    index = (index + 7919) % Number(count); // no neighbours, as if at random
    const startedMs = performance.now();
    await names.lookup(nameAt(index, Number(count)));
    times.push(performance.now() - startedMs);
  }
  process.stdout.write(`${String(median(times) * 1000)}\n`);
}
process.exit();
