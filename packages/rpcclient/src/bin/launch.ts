#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Script } from 'node:vm';

/** The bundle's main file, set by scripts/bundle-command.js: one function, as node wraps any CommonJS file. */
declare const mainFile: string;

type CommonJs = (
  exports: object,
  require: NodeJS.Require,
  module: object,
  file: string,
  folder: string,
) => void;

/**
 * Runs the main file with the code cache that the build left beside it for this version of node, which saves a fifth
 * of the command's own time (docs/adr/0007). Without the cache, or where V8 rejects it, the main file is compiled.
 */
function launch(folder: string): void {
  const file = `${folder}/${mainFile}`;
  const cache = `${file}.${process.version}-${process.arch}.cache`;
  const script = new Script(readFileSync(file, 'utf8'), {
    filename: file,
    ...(existsSync(cache) ? { cachedData: readFileSync(cache) } : {}),
  });
  const main = script.runInThisContext() as CommonJs;
  const module = { exports: {} };
  main(module.exports, createRequire(file), module, file, folder);
}

launch(import.meta.dirname);
