import { existsSync, readFileSync } from 'node:fs';

/** Reads the version of the package that a module belongs to. @param moduleUrl its `import.meta.url` */
export function packageVersion(moduleUrl: string): string {
  for (let directory = new URL('.', moduleUrl); ; directory = new URL('..', directory)) {
    const file = new URL('package.json', directory);
    if (existsSync(file)) {
      const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: unknown };
      if (typeof version !== 'string') {
        throw new Error(`${file.pathname} has no version`);
      }
      return version;
    }
    if (directory.pathname === '/') {
      throw new Error(`no package.json found above ${moduleUrl}`);
    }
  }
}
