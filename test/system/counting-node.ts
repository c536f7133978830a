import { open } from 'node:fs/promises';

import type { NodeDisk } from './initiator.js';
import { type Enter, QemuSession } from './qemu-session.js';

const blockBytes = 4096;

/** The progress of the counting: the disk has the byte of the round before the block, that of the previous round after. */
export interface CountedPrefix {
  readonly round: number;
  readonly block: number;
}

/**
 * A node that writes its disk block by block from the start, one write at a time, with another byte in each pass over
 * the disk. So the disk always is an exact prefix of the round, followed by the previous round; anything else is not a
 * point-in-time copy. Disposal ends it.
 */
export class CountingNode implements AsyncDisposable {
  readonly #session: QemuSession;
  readonly #blocks: number;
  readonly #working: Promise<void>;
  #written = 0;
  #slowestMs = 0;
  #ending = false;
  #failure: Error | undefined;

  /**
   * @param sizeBytes how much of the disk is written; every byte of it must be that of round 0
   * @param enter wraps the argv so that it runs where the node should be
   */
  constructor(disk: NodeDisk, sizeBytes: number, enter?: Enter) {
    this.#session = new QemuSession(disk, enter);
    this.#blocks = sizeBytes / blockBytes;
    this.#working = this.#work();
  }

  /** Returns the byte of a round. */
  static byteOf(round: number): number {
    return (0x5a + round) % 256;
  }

  /** How many blocks it has written so far. */
  get written(): number {
    return this.#written;
  }

  /** How long the slowest write or read took, in milliseconds. */
  get slowestMs(): number {
    return this.#slowestMs;
  }

  /** Ends it, and returns its progress. @throws Error if a write failed, or a read returned something else */
  async end(): Promise<CountedPrefix> {
    this.#ending = true;
    await this.#working;
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    return this.#at(this.#written);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending = true;
    await this.#session[Symbol.asyncDispose]();
    await this.#working;
  }

  #at(written: number): CountedPrefix {
    return { round: Math.floor(written / this.#blocks) + 1, block: written % this.#blocks };
  }

  async #work(): Promise<void> {
    while (!this.#ending) {
      const { round, block } = this.#at(this.#written);
      const place = `${String(block * blockBytes)} ${String(blockBytes)}`;
      try {
        await this.#timed(`write -P ${String(CountingNode.byteOf(round))} ${place}`);
        this.#written += 1;
        await this.#timed(`read -P ${String(CountingNode.byteOf(round))} ${place}`);
      } catch (error) {
        this.#failure = error as Error;
        this.#ending = true;
      }
    }
  }

  async #timed(command: string): Promise<void> {
    const beganMs = performance.now();
    await this.#session.run(command);
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - beganMs);
  }
}

/**
 * Reads the progress of the counting from a copy of the disk.
 * @throws Error if it is not a point-in-time copy: a prefix of one round, followed by the previous round
 */
export async function countedPrefix(
  file: string,
  sizeBytes: number,
  lastRound: number,
): Promise<CountedPrefix> {
  await using handle = await open(file, 'r');
  const { buffer } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, 0);
  const last = buffer[sizeBytes - 1];
  const round = Array.from({ length: lastRound }, (_, index) => index + 1).find(
    (each) => last === CountingNode.byteOf(each - 1),
  );
  if (round === undefined) {
    throw new Error(`${file} ends with the byte of no round up to ${String(lastRound)}: ${String(last)}`);
  }
  const ofRound = CountingNode.byteOf(round);
  const end = buffer.findIndex((byte) => byte !== ofRound);
  const rest = end === -1 ? Buffer.alloc(0) : buffer.subarray(end);
  if (end === -1 || end % blockBytes !== 0 || rest.some((byte) => byte !== last)) {
    throw new Error(
      `${file} is not a point-in-time copy of the disk: it leaves round ${String(round)} at byte ${String(end)}`,
    );
  }
  return { round, block: end / blockBytes };
}
