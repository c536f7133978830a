import { open } from 'node:fs/promises';

/** Makes what was written to a file, or created, renamed or removed in a directory, durable. */
export async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
