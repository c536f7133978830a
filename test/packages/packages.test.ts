import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { codeBlocks } from '../code-blocks.js';
import { read, root } from '../repository.js';
import { run } from '../system/command.js';
import { Daemon } from '../system/daemon.js';
import { packAll, type Packed, Project } from './project.js';

interface Manifest {
  readonly exports: Readonly<
    Record<string, string | Readonly<Record<'require' | 'types' | 'default', string>>>
  >;
  readonly bin?: Readonly<Record<string, string>>;
}

/** Returns the one piece of code in a package's README, with other places. */
function example(name: string, places: Readonly<Record<string, string>>): string {
  let [code = ''] = codeBlocks(read(`packages/${name}/README.md`), 'ts');
  for (const [place, other] of Object.entries(places)) {
    expect(code).to.include(place);
    code = code.replace(place, other);
  }
  return code;
}

/** The path of what a package may hold: sources and what is compiled from them, and the bundled command. */
const belongs =
  /^(LICENSE|README\.md|package\.json|src\/.+\.ts|dist\/src\/.+\.(d\.ts|js)(\.map)?|dist\/src\/(testing\/)?[\w-]+\.(d\.cts|cjs)|dist\/bin\/([\w-]+\.cjs|LICENSES\.txt))$/;

/** What the types must refuse. */
const misuse = `
import { connect } from '@patchbay/rpcclient';
import type { Hello } from './server.js';

await using client = connect({ nameServer: '127.0.0.1:1' });
// @ts-expect-error -- greet takes a text
void client.proxy<Hello>('hello').greet(7);
// @ts-expect-error -- there is no such method
void client.proxy<Hello>('hello').great('world');
`;

describe('The packed packages', function () {
  this.timeout(240_000);
  let archives: Scratch;
  let packed: readonly Packed[];
  let project: Project;
  let nameServer: string;

  before(async () => {
    archives = await Scratch.make();
    project = await Project.make();
    packed = await packAll(archives.path);
    await project.install(archives.path);
    nameServer = `unix:${join(project.path, 'run', 'socket')}`;
    project.write('server.ts', example('rpcserver', { './state': join(project.path, 'state') }));
    project.write('client.ts', example('rpcclient', {}));
    project.write('misuse.ts', misuse);
  });
  after(async () => {
    await project[Symbol.asyncDispose]();
    await archives[Symbol.asyncDispose]();
  });

  const pathsOf = (name: string): string[] =>
    packed.find((each) => each.name === `@patchbay/${name}`)?.files.map(({ path }) => path) ?? [];

  for (const name of readdirSync(join(root, 'packages'))) {
    it(`hold the programs, types and sources of ${name}, its licence, and nothing else`, () => {
      const paths = pathsOf(name);
      expect(paths).to.include.members(['LICENSE', 'README.md', 'package.json', 'src/index.ts']);
      const others = paths.filter((path) => !belongs.test(path));
      expect(others).to.deep.equal([]);
      expect(paths.filter((path) => path.includes('.test.'))).to.deep.equal([]);
    });

    it(`hold each file that the package.json of ${name} names, and what its source maps lead to`, () => {
      const paths = pathsOf(name);
      const { exports, bin = {} } = JSON.parse(read(`packages/${name}/package.json`)) as Manifest;
      const entries = Object.values(exports).flatMap((entry) =>
        typeof entry === 'string' ? [entry] : Object.values(entry),
      );
      const named = [...entries, ...Object.values(bin)].map((path) => path.replace(/^\.\//, ''));
      expect(paths).to.include.members(named);
      const mapped = paths.filter((path) => path.endsWith('.map'));
      expect(mapped).to.not.deep.equal([]);
      expect(paths).to.include.members(
        mapped.map((path) => path.replace('dist/', '').replace(/(\.d\.ts|\.js)\.map$/, '.ts')),
      );
    });
  }

  it('give a server and a client of ten lines their types', async () => {
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      declaration: true,
    };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const outcome = await run(['tsc', '--project', project.path]);
    expect(outcome).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    const declared = readFileSync(join(project.path, 'server.d.ts'), 'utf8');
    expect(declared).to.include('[who: string], string, never');
  });

  it('run that server and that client, and the commands', async () => {
    const environment = { PATCHBAY_NAMESERVER: nameServer };
    const words = ['start', '--listen', nameServer, '--state-dir', join(project.path, 'names')];
    await using names = await Daemon.start(
      [project.command('nameserver'), ...words],
      join(project.path, 'nameserver.log'),
    );
    await using client = connect({ nameServer });
    await names.ready(() => client.describe('nameserver'));
    await using server = await Daemon.start(
      ['node', join(project.path, 'server.js')],
      join(project.path, 'server.log'),
      environment,
    );
    await server.ready(() => client.describe('hello'));

    const said = await run(['node', join(project.path, 'client.js')], { environment });
    expect(said).to.deep.equal({ status: 0, stdout: 'Hello, world!\n', stderr: '' });
    const typed = await run([
      project.command('rpcclient'),
      '--name-server',
      nameServer,
      'hello.greet',
      'you',
    ]);
    expect(typed).to.deep.equal({ status: 0, stdout: 'Hello, you!\n', stderr: '' });
    const ofStorage = await run([project.command('rpcserver'), 'init-pool', '--help']);
    expect(ofStorage.stdout).to.match(/^Usage: rpcserver init-pool TARGET /);
    expect(await names.terminate()).to.equal(0);
  });
});
