import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { errnoOf, poolUnavailable, undefinedIfMissing } from './pool-error.js';
import { noteSum } from './pool-note.js';
import { sync } from './sync.js';

/** The file that marks a directory as a pool, and identifies it. */
export const markerName = 'patchbay-pool.json';

/** The checksum is absent in pools of earlier versions. */
const markerSchema = z
  .object({ version: z.literal(1), id: z.uuid(), checksum: z.string().optional() })
  .refine(({ id, checksum }) => checksum === undefined || checksum === noteSum(id));

/**
 * Reads the id of the pool in a directory; returns undefined if the directory is not a pool.
 * @throws RpcError `POOL_UNAVAILABLE` if this version does not understand the marker
 */
export async function readMarker(pool: string): Promise<string | undefined> {
  const text = await undefinedIfMissing(readFile(join(pool, markerName), 'utf8'));
  if (text === undefined) {
    return undefined;
  }
  try {
    return markerSchema.parse(JSON.parse(text)).id;
  } catch (error) {
    throw poolUnavailable(
      pool,
      `${markerName} is damaged or not of version 1; check whether it was edited, or written by a newer version`,
      error,
    );
  }
}

/** Marks a directory as a pool and returns its id; if two do so at once, both get the id of the first. */
export async function createMarker(pool: string): Promise<string> {
  const id = randomUUID();
  const draft = join(pool, `${markerName}.${id}`);
  try {
    await writeFile(draft, `${JSON.stringify({ version: 1, id, checksum: noteSum(id) })}\n`, {
      flag: 'wx',
      flush: true,
    });
    await link(draft, join(pool, markerName));
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') {
      throw error;
    }
  } finally {
    await rm(draft, { force: true });
  }
  await sync(pool);
  return (await readMarker(pool)) ?? id;
}
