import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import {
  exitStatusOfCode,
  grpcStatusOfCode,
  type Code,
  type ErrorFactory,
  type ErrorTable,
} from '@patchbay/core';
import { expect } from 'chai';

import { read, root, sourcesIn } from './repository.js';

/** The modules that make a table of errors, found in the source so that none is forgotten. */
const modules = sourcesIn('packages').filter(
  (path) => /^packages\/\w+\/src\//.test(path) && /=\s*defineErrors\(/.test(read(path)),
);

async function tableOf(path: string): Promise<ErrorTable> {
  const built = join(root, path.replace('/src/', '/dist/src/').replace(/ts$/, 'js'));
  const exported = Object.values((await import(built)) as Record<string, Partial<ErrorFactory<ErrorTable>>>);
  return Object.assign({}, ...exported.map(({ table }) => table ?? {})) as ErrorTable;
}

/** The rows of the tables of a page, each as its cells; headings and rules are not among them. */
function rowsOf(page: string): string[][] {
  return read(page)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

describe('The reference page on errors', () => {
  const rows = rowsOf('docs/reference/errors.md');

  for (const path of modules) {
    it(`has each reason of ${path}, with its code and meaning`, async () => {
      const table = await tableOf(path);
      expect(Object.keys(table)).to.not.deep.equal([]);
      const expected = Object.entries(table).map(([reason, [code, meaning]]) => [reason, code, meaning]);
      const documented = new Set(rows.map((row) => row.join(' | ')));
      const missing = expected.map((row) => row.join(' | ')).filter((row) => !documented.has(row));
      expect(missing, 'run "npm run document"').to.deep.equal([]);
    });
  }

  it('has no reason that is not in the code', async () => {
    const tables = await Promise.all(modules.map(tableOf));
    const reasons = tables.flatMap((table) => Object.keys(table));
    const documented = rows.filter((row) => row.length === 3).map(([reason]) => reason);
    expect(documented).to.have.members(reasons);
  });

  it('has each code with its gRPC status and the exit status of the commands', () => {
    const expected = Object.entries(grpcStatusOfCode).map(([code, status]) => [
      code,
      String(status),
      String(exitStatusOfCode[code as Code]),
    ]);
    const documented = rows.filter((row) => row.length === 4).map((row) => row.slice(0, 3));
    expect(documented).to.have.deep.members(expected);
  });
});

describe('A link in a document', () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (page) => `docs/${page}`,
  );
  for (const page of [...readdirSync(root), ...pages].filter((name) => name.endsWith('.md'))) {
    it(`leads somewhere, in ${page}`, () => {
      const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        ([, target]) => target ?? '',
      );
      const broken = targets.filter((target) => !existsSync(join(root, page, '..', target)));
      expect(broken).to.deep.equal([]);
    });
  }
});
