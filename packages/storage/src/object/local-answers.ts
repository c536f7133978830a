import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

import { requestedPrefix } from '../backup/take-backup.js';
import { type LocalAnswers } from '../catalog/local-requests.js';
import { catalogDirectory } from '../catalog/open-catalog.js';
import { checkStorage } from '../fsck/check-storage.js';
import { type Parts } from '../provision/parts.js';

/** Gives what answers the commands on this host. */
export function localAnswers(parts: Parts, stateDir: string): LocalAnswers {
  return {
    backup: () => backUp(parts, stateDir),
    fsck: async () => Readable.from([JSON.stringify(await checkStorage(parts))]),
  };
}

/** Makes a backup that has no name any more, so that nothing of it is left however the reading ends. */
async function backUp({ catalog }: Pick<Parts, 'catalog'>, stateDir: string): Promise<Readable> {
  const path = join(stateDir, catalogDirectory, `${requestedPrefix}${randomUUID()}`);
  try {
    await catalog.backUp(path);
    const file = await open(path, 'r');
    return file.createReadStream();
  } finally {
    await rm(path, { force: true });
  }
}
