import { existsSync, readFileSync } from 'node:fs';

/** Reads the version of the package that a module belongs to. Give it `import.meta.url`. */
export function packageVersion(moduleUrl: string): string {
  for (let folder = new URL('.', moduleUrl); ; folder = new URL('..', folder)) {
    const file = new URL('package.json', folder);
    if (existsSync(file)) {
      return versionIn(JSON.parse(readFileSync(file, 'utf8')), file);
    }
    if (folder.pathname === '/') {
      throw new Error(`no package.json stands above ${moduleUrl}`);
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
  throw new Error(`${file.pathname} tells no version`);
}
