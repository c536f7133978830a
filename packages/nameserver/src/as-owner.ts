import { statSync } from 'node:fs';

/**
 * Does work as the user and group of who owns a directory, where this process is root and that is somebody else: what
 * root makes in the state directory of a service belongs to the service then. It is this process's user meanwhile.
 */
export async function asOwnerOf<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const owner = statSync(directory, { throwIfNoEntry: false });
  const group = process.getegid?.();
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0 || group === undefined) {
    return work();
  }
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(group);
  }
}
