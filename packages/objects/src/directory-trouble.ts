import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Returns why this process can neither make nor write a directory, as far as that shows without trying; undefined if
 * nothing speaks against it. With `mayBeReadOnly` an existing one may be on a filesystem that is mounted read-only.
 */
export function directoryTrouble(
  path: string,
  { mayBeReadOnly = false }: { readonly mayBeReadOnly?: boolean } = {},
): NodeJS.ErrnoException | undefined {
  const wanted = resolve(path);
  let nearest = wanted;
  try {
    while (!isThere(nearest)) {
      nearest = dirname(nearest);
    }
    accessSync(`${nearest}/`, constants.W_OK | constants.X_OK); // with the slash, only of a directory
    return undefined;
  } catch (error) {
    const trouble = error as NodeJS.ErrnoException;
    return mayBeReadOnly && trouble.code === 'EROFS' && nearest === wanted ? undefined : trouble;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
