import { existsSync, readFileSync } from 'node:fs';

/** Reads the version of the package that a module belongs to. @param moduleUrl its `import.meta.url` */
export function packageVersion(moduleUrl: string): string {
  for (let directory = new URL('.', moduleUrl); ; directory = new URL('..', directory)) {
    const file = new URL('package.json', directory);
    if (existsSync(file)) {
      return versionIn(JSON.parse(readFileSync(file, 'utf8')), file);
    }
    if (directory.pathname === '/') {
      throw new Error(`no package.json found above ${moduleUrl}`);
    }
  }
}

function versionIn(manifest: unknown, file: URL): string {
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    const { version } = manifest;
    if (typeof version === 'string') {
      return version;
    }
  }
  throw new Error(`${file.pathname} has no version`);
}
