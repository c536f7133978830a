import { z } from 'zod';

import { arg, byteStream, jobId, method, outputChunk } from '@patchbay/objects/define';

import { jobsError } from '../../errors.js';
import { readOutput } from '../../output/read-output.js';
import type { Queue } from '../../queue/queue.js';
import type { Attempt } from '../../worker-protocol.js';
import { checkRead, workerOf } from '../rights.js';
import type { JobsServices } from '../services.js';

const id = arg('id', jobId, 'the id of the job');
const attempt = z.int().positive();
const offset = z.int().nonnegative();

/** The methods for what jobs write. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function outputMethods({ queue, output }: JobsServices) {
  return {
    upload: method({
      summary: "Take what an attempt of a host's agent writes, from an offset on",
      access: 'member',
      args: [
        id,
        arg('attempt', attempt, 'which attempt at it'),
        arg('from', offset, 'the offset of the first byte'),
        arg('frames', byteStream(), 'frames of output'),
      ],
      returns: z.object({ next: offset }),
      idempotent: true,
      timeoutMs: 'none',
      run: async (job, number, from, frames, { caller }) => {
        const held = { id: job, attempt: number };
        const worker = workerOf(caller);
        checkHolds(await queue.get(job), worker, held);
        return { next: await output.append(held, from, whileHeld(queue, worker, held, frames)) };
      },
    }),
    output: method({
      summary: 'Yield what a job wrote',
      access: 'member',
      args: [id],
      options: {
        from: offset.default(0).describe('the offset to begin at'),
        follow: z.boolean().default(false).describe('go on until the job has ended'),
        stream: z.enum(['out', 'err']).optional().describe('one of its streams; default: both'),
        find: z.string().min(1).max(1_024).optional().describe('the lines that have this text; default: all'),
        attempt: attempt.optional().describe('which attempt at it; default: the last'),
      },
      yields: outputChunk,
      returns: z.object({ next: offset, bytes: offset }),
      idempotent: true,
      timeoutMs: 'none',
      run: async function* (job, options, { caller, signal }) {
        const read = await queue.find(job);
        checkRead(caller, read);
        const check = (): void => {
          checkRead(caller, read);
        };
        return yield* readOutput({ queue, output }, job, { ...options, signal, check });
      },
    }),
  };
}

/** Yields what a worker sends, for as long as it may. @throws RpcError `ATTEMPT_STALE` */
async function* whileHeld<T>(
  queue: Queue,
  worker: string,
  held: Attempt,
  pieces: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  for await (const piece of pieces) {
    const job = queue.live.get(held.id);
    if (job !== undefined) {
      checkHolds(job, worker, held);
    }
    yield piece;
  }
}

/** Refuses who does not have an attempt, or had it last. @throws RpcError `ATTEMPT_STALE` */
function checkHolds(
  job: { readonly worker?: string | undefined; readonly attempt: number } | undefined,
  worker: string,
  { id: jobOf, attempt: number }: Attempt,
): void {
  if (job?.worker !== worker || job.attempt !== number) {
    const message = `attempt ${String(number)} at job ${jobOf} is not of ${worker}, or not any more; nothing was changed`;
    throw jobsError('ATTEMPT_STALE', message, { details: { id: jobOf, attempt: number } });
  }
}
