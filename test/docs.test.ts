import { expect } from 'chai';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

import { logSettings } from '@patchbay/daemon';
import {
  type Code,
  type ErrorFactory,
  type ErrorTable,
  exitStatusOfCode,
  grpcStatusOfCode,
} from '@patchbay/objects';
import {
  argDescription,
  methodDescription,
  objectDescription,
  optionDescription,
  propertyDescription,
} from '@patchbay/objects/define';
import { jobsOptions } from '@patchbay/jobs';
import { storageOptions } from '@patchbay/storage';

import { keysOf } from './configuration-keys.js';
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
  return rowsIn(read(page));
}

function rowsIn(text: string): string[][] {
  return text
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

describe('The page on troubleshooting', () => {
  const page = read('docs/operations/troubleshooting.md');

  it('tells of ten failures', () => {
    expect(page.match(/^## /gm)).to.have.length.of.at.least(10);
  });

  it('has no reason that is not in the code', () => {
    const reasons = new Set(rowsOf('docs/reference/errors.md').map(([reason]) => reason));
    const settings = new Set(read('init.d/patchbay-rpcserver.default').match(/^[A-Z_]+(?==)/gm));
    const named = page.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
    expect(named.filter((each) => !reasons.has(each) && !settings.has(each))).to.deep.equal([]);
  });
});

/** Every schema of a configuration, by the name that the page gives it in a comment above its table. */
const rpcServer = (await import(join(root, 'packages/rpcserver/dist/src/bin/configuration.js'))) as {
  rpcServerConfiguration: z.ZodObject;
};
const nameServer = (await import(join(root, 'packages/nameserver/dist/src/bin/configuration.js'))) as {
  nameServerConfiguration: z.ZodObject;
};
const host = (await import(join(root, 'packages/jobs/dist/src/bin/configuration.js'))) as {
  hostConfiguration: z.ZodObject;
};
const configurations: [name: string, schema: z.ZodType, prefix: string][] = [
  ['rpcServerConfiguration', rpcServer.rpcServerConfiguration.omit({ log: true }), ''],
  ['nameServerConfiguration', nameServer.nameServerConfiguration.omit({ log: true }), ''],
  ['hostConfiguration', host.hostConfiguration.omit({ log: true }), ''],
  ['logSettings', logSettings, 'log'],
  ['jobsOptions', jobsOptions, ''],
  // What it says of boot is on a page of its own.
  ['storageOptions', z.object(storageOptions.shape).omit({ boot: true }), ''],
];

describe('The reference page on configuration', () => {
  const page = 'docs/reference/configuration.md';

  for (const [name, schema, prefix] of configurations) {
    it(`has the keys of ${name} with their defaults, and no others`, () => {
      const section = read(page).split(`<!-- keys of ${name} -->`)[1]?.split('\n#')[0] ?? '';
      const documented = rowsIn(section).map(([key, byDefault]) => [key, byDefault]);
      expect(documented).to.deep.equal(keysOf(schema, prefix));
    });
  }

  it('has a table for each of these schemas', () => {
    const named = [...read(page).matchAll(/<!-- keys of (\w+) -->/g)].map(([, name]) => name);
    expect(named).to.have.members(configurations.map(([name]) => name));
  });
});

describe('The page on booting', () => {
  it('has the keys of bootOptions with their defaults, and no others', () => {
    const page = read('docs/operations/boot.md');
    const section = page.split('<!-- keys of bootOptions -->')[1]?.split('\n\nIt serves')[0] ?? '';
    const documented = rowsIn(section).map(([key, byDefault]) => [key, byDefault]);
    expect(documented).to.deep.equal(keysOf(storageOptions.shape.boot.unwrap(), 'boot'));
  });
});

describe('The front page', () => {
  it('shows eight figures of the newest results, and links to all of them', () => {
    const readme = read('README.md');
    const [, table = ''] =
      /<!-- newest figures -->([^]*)<!-- end of the newest figures -->/.exec(readme) ?? [];
    const [, , ...figures] = [...table.matchAll(/\| (\S*) [^|]*\|$/gm)].map(([, figure]) => figure);
    expect(figures).to.have.lengthOf(8);
    const results = read('bench/results/newest.md');
    expect(figures.filter((figure) => !results.includes(` ${String(figure)} `))).to.deep.equal([]);
    expect(readme).to.include('](bench/results/newest.md)');
  });
});

const descriptions = {
  objectDescription,
  methodDescription,
  propertyDescription,
  argDescription,
  optionDescription,
};

describe('The reference page on the protocol', () => {
  const page = read('docs/reference/protocol.md');

  for (const [name, schema] of Object.entries(descriptions)) {
    it(`has the keys of ${name}, and no others`, () => {
      const table = page.split(`<!-- keys of ${name} -->`)[1]?.split(/\n\n(?!\|)/)[0] ?? '';
      expect(rowsIn(table).map(([key]) => key)).to.deep.equal(Object.keys(schema.shape));
    });
  }

  const services = ['nameserver', 'objects'].map((file) => read(`proto/patchbay/v1/${file}.proto`));
  for (const [, method] of services.flatMap((text) => [...text.matchAll(/^ +rpc (\w+)/gm)])) {
    it(`tells of ${String(method)}`, () => {
      expect(page).to.include(`\`${String(method)}\``);
    });
  }
});

describe('A link in a document', () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map(
    (page) => `docs/${page}`,
  );
  const elsewhere = [...readdirSync(root), 'examples/README.md'];
  for (const page of [...elsewhere, ...pages].filter((name) => name.endsWith('.md'))) {
    it(`leads somewhere, in ${page}`, () => {
      const targets = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        ([, target]) => target ?? '',
      );
      const broken = targets.filter((target) => !existsSync(join(root, page, '..', target)));
      expect(broken).to.deep.equal([]);
    });
  }
});
