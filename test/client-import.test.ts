import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative } from 'node:path';

import { expect } from 'chai';
import ts from 'typescript';

import { read, root } from './repository.js';

const client = 'packages/rpcclient';

/** Returns the built file that a specifier of ours, `@patchbay/session/client`, leads to. */
function builtEntryOf(specifier: string): string {
  const [, name = '', ...rest] = specifier.split('/');
  const { exports } = JSON.parse(read(`packages/${name}/package.json`)) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  return join('packages', name, exports[['.', ...rest].join('/')]?.default ?? '');
}

/** Returns what a built module imports when it is loaded itself: not what it imports on demand. */
function staticImportsOf(file: string): string[] {
  const { statements } = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.ESNext,
  );
  return statements.flatMap((each) =>
    (ts.isImportDeclaration(each) || ts.isExportDeclaration(each)) &&
    each.moduleSpecifier !== undefined &&
    ts.isStringLiteral(each.moduleSpecifier)
      ? [each.moduleSpecifier.text]
      : [],
  );
}

/** Returns the built files that importing an entry loads, and the packages of others, Node's own modules included. */
function loadedBy(entry: string): { readonly files: ReadonlySet<string>; readonly others: Set<string> } {
  const files = new Set<string>();
  const others = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) {
      return;
    }
    files.add(file);
    for (const specifier of staticImportsOf(file)) {
      if (specifier.startsWith('.')) {
        visit(join(dirname(file), specifier));
      } else if (specifier.startsWith('@patchbay/')) {
        visit(builtEntryOf(specifier));
      } else {
        others.add(specifier);
      }
    }
  };
  visit(entry);
  return { files, others };
}

describe('Importing the client library', function () {
  this.timeout(120_000);
  const { files, others } = loadedBy(builtEntryOf('@patchbay/rpcclient'));

  it('loads files of the layers beneath it alone, and neither servers nor what defines objects', () => {
    const folders = [...files].map((file) => relative('packages', file).split('/dist/src/')[0]);
    expect([...new Set(folders)]).to.have.members(['rpcclient', 'grpc', 'session', 'objects']);
    const unwanted = /\/(?:server|memory|testing|bin|command)\/|\/define\.js$|\/dispatcher\.js$/;
    expect([...files].filter((file) => unwanted.test(file))).to.deep.equal([]);
  });

  it("loads no package of others, only Node's own modules", () => {
    expect([...others].filter((each) => !isBuiltin(each))).to.deep.equal([]);
  });

  it('takes at most 2.5 times the processor time of importing @grpc/grpc-js', () => {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      theirs.push(importTimeUs('@grpc/grpc-js'));
      ours.push(importTimeUs('@patchbay/rpcclient'));
    }
    // The least of several: what else the machine does only adds to it.
    expect(Math.min(...ours) / Math.min(...theirs)).to.be.at.most(2.5);
  });
});

/** Returns the processor time that importing a package takes in a fresh process, in microseconds. */
function importTimeUs(specifier: string): number {
  const script = `const before = process.cpuUsage();
    await import(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(String(user + system));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: join(root, client),
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined }, // both would add to it
    encoding: 'utf8',
  });
  return Number(output);
}

/** A package as package-lock.json has it. */
interface LockedPackage {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** Returns the packages, by their paths in package-lock.json, that are installed with one of ours. */
function installedWith(name: string): ReadonlyMap<string, LockedPackage> {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const installed = new Map<string, LockedPackage>();
  const visit = (from: string, dependency: string): void => {
    const path = foundFrom(packages, from, dependency);
    const entry = path === undefined ? undefined : packages[path];
    if (path === undefined || entry === undefined || installed.has(path)) {
      return;
    }
    installed.set(path, entry);
    const place = entry.link === true ? (entry.resolved ?? path) : path;
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } =
      packages[place] ?? entry;
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (peer) => peerDependenciesMeta?.[peer]?.optional !== true,
    );
    for (const next of [
      ...Object.keys(dependencies ?? {}),
      ...Object.keys(optionalDependencies ?? {}),
      ...peers,
    ]) {
      visit(place, next);
    }
  };
  visit('', name);
  return installed;
}

/** Returns the path of a dependency as Node finds it: in the nearest node_modules. */
function foundFrom(
  packages: Readonly<Record<string, LockedPackage>>,
  from: string,
  dependency: string,
): string | undefined {
  for (let place = from; ; place = place.includes('/') ? dirname(place) : '') {
    const path = join(place, 'node_modules', dependency);
    if (path in packages || place === '') {
      return path in packages ? path : undefined;
    }
  }
}

describe('Installing the client library', () => {
  const installed = installedWith('@patchbay/rpcclient');

  it('brings at most 45 packages, those of ours included', () => {
    expect([...installed.keys()])
      .to.include('node_modules/@patchbay/rpcclient')
      .and.include('node_modules/zod');
    expect(installed.size).to.be.at.most(45);
  });

  it('brings no native add-on, neither built nor to be built', () => {
    const native = [...installed].flatMap(([path, { link }]) =>
      readdirSync(join(root, path), { recursive: link !== true, encoding: 'utf8' })
        .filter((file) => /\.node$|(?:^|\/)binding\.gyp$/.test(file))
        .map((file) => join(path, file)),
    );
    expect(native).to.deep.equal([]);
  });
});
