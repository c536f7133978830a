import { existsSync, readFileSync } from 'node:fs';

import { z } from 'zod';

const manifest = z.object({ version: z.string() });

/** Reads the version of the package that a module belongs to. Give it `import.meta.url`. */
export function packageVersion(moduleUrl: string): string {
  for (let folder = new URL('.', moduleUrl); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder);
    if (existsSync(file)) {
      return manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
    }
    if (folder.pathname === '/') {
      throw new Error(`no package.json stands above ${moduleUrl}`);
    }
  }
}
