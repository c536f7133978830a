import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { codeBlocks } from './code-blocks.js';
import { read, root, sourcesIn } from './repository.js';

/** Returns a text without the indentation of its lines: a block may be indented further in its file. */
function unindented(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimStart())
    .join('\n');
}

const examples = sourcesIn('examples', /\.(?:ts|js|cjs)$/)
  .filter((path) => !path.startsWith('examples/dist/'))
  .map((path) => unindented(read(path)));

describe('The code in a guide', () => {
  for (const page of readdirSync(join(root, 'docs/guide'))) {
    const text = read(`docs/guide/${page}`);
    for (const [index, code] of [...codeBlocks(text, 'ts'), ...codeBlocks(text, 'js')].entries()) {
      const [first = ''] = code.trim().split('\n');
      it(`is taken from an example that runs: ${page}, ${String(index + 1)}: ${first}`, () => {
        const found = examples.some((example) => example.includes(unindented(code)));
        expect(found, code).to.equal(true);
      });
    }
  }
});
