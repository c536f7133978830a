import { z } from 'zod';

import { isRpcError } from '@patchbay/objects';

import { type Parts } from '../provision/parts.js';
import { assertServed } from '../targets/assert-served.js';

const problem = z.object({
  part: z.enum(['pool', 'targets', 'catalog']),
  reason: z.string().describe('as of an error'),
  message: z.string().describe('what is wrong, and what to do'),
});
type Problem = z.infer<typeof problem>;

/** What `status` tells. */
export const storageStatus = z.object({
  state: z.enum(['ready', 'degraded']).describe('degraded: some of what is asked will be refused'),
  problems: z.array(problem),
});

type StatusParts = Pick<Parts, 'pool' | 'targets' | 'catalog' | 'log'>;

/** Says whether all parts work, and of each that does not why. */
export async function statusOf(parts: StatusParts): Promise<z.infer<typeof storageStatus>> {
  const problems = [
    ...(await troubleOf(parts, 'catalog', async () => {
      await parts.catalog.poolId();
      parts.catalog.assertWritable();
    })),
    ...(await troubleOf(parts, 'pool', () => parts.pool.requireRoom())),
    ...(await troubleOf(parts, 'targets', () => assertServed(parts.targets))),
  ];
  return { state: problems.length === 0 ? 'ready' : 'degraded', problems };
}

async function troubleOf(
  { log }: StatusParts,
  part: Problem['part'],
  check: () => Promise<void>,
): Promise<Problem[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (isRpcError(error)) {
      return [{ part, reason: error.reason, message: error.message }];
    }
    log.error('a part of the storage failed unexpectedly', { part, error });
    return [{ part, reason: 'UNEXPECTED', message: 'failed unexpectedly; the server logged it' }];
  }
}
