import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { backoffMs, type Clock, isRpcError, type Log, makeDirectory } from '@patchbay/objects';
import { jobId } from '@patchbay/objects/define';

import type { Attempt } from '../worker-protocol.js';
import type { OutputStream } from './frames.js';
import { SecretMask } from './secret-mask.js';
import { defaultSpoolLimits, Spool, type SpoolLimits } from './spool.js';

/** Hands frames over to `jobs`, as `WorkerMethods` says. @returns the offset that follows what it has */
export type Upload = (
  attempt: Attempt,
  from: number,
  frames: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
) => Promise<number>;

/** What an agent's spools are made of. */
export interface OutputSpoolsOptions {
  /** Their own; made if it is not there. */
  readonly directory: string;
  readonly upload: Upload;
  readonly clock: Clock;
  readonly log: Log;
  /** Default: the first 8 MiB and the last 2 MiB. */
  readonly limits?: SpoolLimits | undefined;
}

const retry = { firstMs: 200, maxMs: 15_000, jitter: true };
/** How long the end of an attempt waits until `jobs` has what it wrote, in milliseconds; after that it is told all the same. */
const handOverMs = 5_000;
const fileName = /^(?<id>.+)\.(?<attempt>\d+)\.spool(\.tail-(?<tail>\d+))?$/;

/** What the attempts of a host write, until `jobs` has it: also through lost connections and restarts of the agent. */
export class OutputSpools implements AsyncDisposable {
  readonly #options: OutputSpoolsOptions;
  /** What is being handed over, and what stops that. */
  readonly #uploads = new Map<Promise<void>, AbortController>();

  private constructor(options: OutputSpoolsOptions) {
    this.#options = options;
  }

  /** Opens them, and hands over what was left by the agent before. @throws the operating system's error */
  static async open(options: OutputSpoolsOptions): Promise<OutputSpools> {
    makeDirectory(options.directory, 0o700);
    const spools = new OutputSpools(options);
    const files = (await readdir(options.directory)).flatMap((name) => {
      const { id = '', attempt = '', tail } = fileName.exec(name)?.groups ?? {};
      return jobId.safeParse(id).success ? [{ id, attempt: Number(attempt), tail }] : [];
    });
    for (const { id, attempt } of files.filter(({ tail }) => tail === undefined)) {
      const tails = files
        .filter((each) => each.id === id && each.attempt === attempt && each.tail !== undefined)
        .map(({ tail }) => Number(tail));
      const { directory, limits = defaultSpoolLimits } = options;
      const path = join(directory, nameOf({ id, attempt }));
      void spools.#begin(await Spool.recover(path, tails, { id, attempt }, limits));
    }
    return spools;
  }

  /**
   * Begins to keep what an attempt writes, without the secrets that are in it.
   *
   * @throws the operating system's error
   */
  async begin(attempt: Attempt, secrets: readonly string[] = []): Promise<SpooledOutput> {
    const { directory, clock, limits = defaultSpoolLimits } = this.#options;
    const spool = await Spool.create(join(directory, nameOf(attempt)), attempt, limits);
    return new SpooledOutput(spool, secrets, clock, this.#begin(spool));
  }

  /** Stops handing over: what is left will be by the next agent. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#uploads.values()) {
      stop.abort();
    }
    await Promise.all(this.#uploads.keys());
  }

  #begin(spool: Spool): Promise<void> {
    const stop = new AbortController();
    const upload = this.#handOver(spool, stop.signal);
    this.#uploads.set(upload, stop);
    return upload.finally(() => this.#uploads.delete(upload));
  }

  /** Never rejects. */
  async #handOver(spool: Spool, signal: AbortSignal): Promise<void> {
    const { upload, clock } = this.#options;
    const log = this.#options.log.child({ job: spool.attempt.id, attempt: spool.attempt.attempt });
    const isStopped = (): boolean => signal.aborted;
    let next = 0;
    for (let failures = 0; !isStopped();) {
      try {
        next = await upload(spool.attempt, next, spool.follow(next, signal), signal);
        if (spool.closed.aborted && next >= spool.size) {
          break;
        }
      } catch (error) {
        if (isRpcError(error, 'ATTEMPT_STALE', 'JOB_NOT_FOUND', 'OUTPUT_TOO_LARGE')) {
          log.warn('jobs does not take what a job wrote', { error });
          break;
        }
        if (failures === 0 && !isStopped()) {
          log.info('what a job writes could not be handed over; trying again', { error });
        }
        const known = isRpcError(error, 'OUTPUT_GAP', 'OUTPUT_INVALID') ? error.details.next : undefined;
        next = typeof known === 'number' ? known : next;
      }
      failures += 1;
      await clock.sleep(backoffMs(retry, failures), { signal }).catch(() => undefined);
    }
    if (spool.trouble !== undefined) {
      log.warn('some of what a job wrote could not be kept', { error: spool.trouble });
    }
    const isDone = !isStopped();
    await Promise.race([aborted(spool.closed), aborted(signal)]);
    await (isDone ? spool.remove() : spool.release()).catch((error: unknown) => {
      log.warn('cannot remove what a job wrote from this host', { error });
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
    if (signal.aborted) {
      resolve();
    }
  });
}

/** What one attempt writes. */
export class SpooledOutput {
  readonly #spool: Spool;
  readonly #clock: Clock;
  readonly #handedOver: Promise<void>;
  readonly #masks: Readonly<Record<OutputStream, SecretMask>>;
  readonly #beganAtMs: number;

  constructor(spool: Spool, secrets: readonly string[], clock: Clock, handedOver: Promise<void>) {
    this.#spool = spool;
    this.#clock = clock;
    this.#handedOver = handedOver;
    this.#masks = { out: new SecretMask(secrets), err: new SecretMask(secrets) };
    this.#beganAtMs = clock.monotonicMs();
  }

  /** Appends to one of the streams; resolves when more may be written. Never rejects. */
  write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    return this.#write(stream, this.#masks[stream].push(bytes));
  }

  /** Ends it: resolves when `jobs` has what was written, or after 5 s, when it will be handed over later. */
  async end(): Promise<void> {
    for (const stream of ['out', 'err'] as const) {
      await this.#write(stream, this.#masks[stream].end());
    }
    await this.#spool.close();
    const waiting = new AbortController();
    const waited = this.#clock.sleep(handOverMs, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([this.#handedOver, waited]);
    waiting.abort();
  }

  #write(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    return this.#spool.write(stream, this.#clock.monotonicMs() - this.#beganAtMs, bytes);
  }
}

function nameOf({ id, attempt }: Attempt): string {
  return `${id}.${String(attempt)}.spool`;
}
