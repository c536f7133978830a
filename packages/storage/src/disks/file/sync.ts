import { open } from 'node:fs/promises';

/** Makes creations, renames and removals in a directory durable. */
export function syncDirectory(path: string): Promise<void> {
  return sync(path);
}

/** Makes what was written to a file durable. */
export function syncFile(path: string): Promise<void> {
  return sync(path);
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
