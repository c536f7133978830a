// Writes the files that `require` gets of each package that names some: package.json has "require" before "types" and
// "default". Node loads a module by `require` too, but TypeScript's `module: node16` takes it for an error unless the
// types are those of a CommonJS file; the comment keeps it from reporting the same of that file.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

for (const name of readdirSync('packages')) {
  const { exports } = JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'));
  for (const { require, default: module } of Object.values(exports)) {
    if (require !== undefined) {
      const file = join('packages', name, require);
      const load = `require('./${basename(module)}')`;
      writeFileSync(file, `'use strict';\nmodule.exports = ${load};\n`);
      writeFileSync(
        file.replace(/\.cjs$/, '.d.cts'),
        `/** @ts-ignore */\nimport module = ${load};\nexport = module;\n`,
      );
    }
  }
}
