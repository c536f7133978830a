import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../repository.js';
import { output } from '../system/command.js';
import type { Contents } from './contents.js';

/** The commits whose state is kept here, each in a folder of its name. */
export const commits = ['e5be670'] as const;

/** State that an older version has written: `whole` by daemons that were stopped, `cut-short` by ones that were killed. */
export type FixtureName = 'whole' | 'cut-short';

/** Unpacks a fixture into a directory, as `names`, `state` and `pool`. */
export async function unpack(commit: string, name: FixtureName, directory: string): Promise<void> {
  await output(['tar', '-xJf', join(folderOf(commit), `${name}.tar.xz`), '-C', directory]);
}

/** Reads what the older version showed of a fixture. */
export async function recorded(commit: string, name: FixtureName): Promise<Contents> {
  return JSON.parse(await readFile(join(folderOf(commit), `${name}.json`), 'utf8')) as Contents;
}

function folderOf(commit: string): string {
  return join(root, 'test', 'upgrade', commit);
}

/** Where SQLite keeps `user_version`, our version of the tables, in the header of a file: 4 bytes, big endian. */
const versionOffset = 60;

/** Makes a store's file look as if a version of a thousand schemas from now had written it. */
export async function makeNewer(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes.writeUInt32BE(bytes.readUInt32BE(versionOffset) + 1000, versionOffset);
  await writeFile(file, bytes);
}
