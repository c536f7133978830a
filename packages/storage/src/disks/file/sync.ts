import { open } from 'node:fs/promises';

/** Makes what was created, renamed or removed in a directory survive a crash. */
export function syncDirectory(path: string): Promise<void> {
  return sync(path);
}

/** Makes what was written to a file survive a crash. */
export function syncFile(path: string): Promise<void> {
  return sync(path);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
