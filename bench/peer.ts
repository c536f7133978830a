import { type Transport } from './transport.js';
import { patchbay } from './transports/patchbay.js';
import { socket } from './transports/socket.js';
import { unary } from './transports/unary.js';

// A child of the benchmark: `serve NAME` prints a port; `call NAME PORT` reads rounds from its standard input,
// one line each (a number of calls), and answers each with the median time of a call in microseconds.
const transports: Readonly<Record<string, Transport>> = { patchbay, socket, unary };
const [role, name = '', port] = process.argv.slice(2);
const transport = transports[name];
if (transport === undefined) {
  throw new Error(`no transport "${name}"`);
}
if (role === 'serve') {
  process.stdout.write(`${String(await transport.serve())}\n`);
} else {
  const echo = await transport.connect(Number(port));
  process.stdin.setEncoding('utf8').on('data', (line: string) => {
    void measure(echo, Number(line)).then((median) => {
      process.stdout.write(`${String(median)}\n`);
    });
  });
}

async function measure(echo: (text: string) => Promise<unknown>, calls: number): Promise<number> {
  const times = new Float64Array(calls);
  for (let index = 0; index < calls; index++) {
    const startedMs = performance.now();
    await echo('hello, node7');
    times[index] = performance.now() - startedMs;
  }
  times.sort();
  return (times[calls >> 1] ?? NaN) * 1000;
}
