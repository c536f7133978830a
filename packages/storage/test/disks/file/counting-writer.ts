import { closeSync, constants, openSync, writeSync } from 'node:fs';

/**
 * Writes a file as an initiator at queue depth 1 would: the n-th write fills a block of 4096 bytes with the number n,
 * at block n * `stride` modulo `blocks`, and each is durable before the next. Runs until it is terminated.
 * Usage: node counting-writer.js FILE BLOCKS STRIDE
 */
const [path = '', blocks = '', stride = ''] = process.argv.slice(2);
const file = openSync(path, constants.O_WRONLY | constants.O_DSYNC);
process.on('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});

function writeSome(from: number): void {
  const block = new BigUint64Array(512);
  for (let n = from; n < from + 64; n += 1) {
    writeSync(file, block.fill(BigInt(n)), 0, 4096, ((n * Number(stride)) % Number(blocks)) * 4096);
  }
  // Signals are handled between two rounds.
  setImmediate(writeSome, from + 64);
}

writeSome(1);
