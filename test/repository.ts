import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository, with a `/` at its end. */
export const root = new URL('../../', import.meta.url).pathname;

/** Reads a file by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Lists the TypeScript files below a folder, by their paths from the root; none when it is not there. */
export function sourcesIn(folder: string): string[] {
  return filesIn(folder).filter((path) => path.endsWith('.ts') && !path.includes('/generated/'));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
