import { dirname, join } from 'node:path/posix';

import { entryOf, importsOf } from './check-imports.js';

/**
 * Returns the import cycles among source files, each as its files in order. Every kind of import counts, also of types
 * and `import()`, and an import of a package of ours leads to its entry.
 */
export function cyclesIn(sources: ReadonlyMap<string, string>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const seen = path.indexOf(file);
    if (seen !== -1) {
      cycles.push(path.slice(seen));
      return;
    }
    const source = sources.get(file);
    if (source === undefined || done.has(file)) {
      return;
    }
    path.push(file);
    for (const specifier of importsOf(source)) {
      const target = targetOf(file, specifier);
      if (target !== undefined) {
        visit(target);
      }
    }
    path.pop();
    done.add(file);
  };
  for (const file of sources.keys()) {
    visit(file);
  }
  return cycles;
}

/** Returns the source file of ours that an import leads to. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    return join(dirname(file), specifier).replace(/\.js$/, '.ts');
  }
  return specifier.startsWith('@patchbay/') ? entryOf(specifier) : undefined;
}
