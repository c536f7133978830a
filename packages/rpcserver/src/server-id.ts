import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives the server's lasting identity, made on its first start and kept in its state directory: by it a server
 * that comes back takes its names again at once.
 */
export async function serverIdOf(stateDir: string): Promise<string> {
  const file = join(stateDir, 'server-id');
  try {
    const id = (await readFile(file, 'utf8')).trim();
    if (/^[0-9a-f-]{36}$/.test(id)) {
      return id;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
  }
  const id = randomUUID();
  const temporary = `${file}.${id}`;
  await writeFile(temporary, `${id}\n`, { mode: 0o600, flush: true });
  await rename(temporary, file);
  return id;
}
