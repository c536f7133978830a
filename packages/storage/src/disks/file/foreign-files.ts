import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { directoryOfKind, temporaryDirectory, volumeIdOf } from './pool-layout.js';

/** What a filesystem has by itself. */
const ofFilesystem = 'lost+found';

/** Names what is in a pool's directories, `tmp/` aside, and has no name that we give: paths in the pool, sorted. */
export async function foreignFiles(pool: string): Promise<readonly string[]> {
  const directories = Object.values(directoryOfKind);
  const own = new Set([...directories, temporaryDirectory, ofFilesystem]);
  const found = (await readdir(pool)).filter((name) => !own.has(name) && !name.startsWith('patchbay-'));
  for (const directory of directories) {
    const names = await readdir(join(pool, directory));
    found.push(
      ...names.filter((name) => volumeIdOf(name) === undefined).map((name) => `${directory}/${name}`),
    );
  }
  return found.sort();
}
