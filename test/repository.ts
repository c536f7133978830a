import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository, with a `/` at its end. */
export const root = new URL('../../', import.meta.url).pathname;

/** Reads a file by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Lists the files below a folder whose names match, by default TypeScript's, by their paths from the root; none when it is not there. */
export function sourcesIn(folder: string, names = /\.ts$/): string[] {
  return filesIn(folder).filter((path) => names.test(path) && !path.includes('/generated/'));
}

function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}
