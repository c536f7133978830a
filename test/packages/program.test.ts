import { expect } from 'chai';
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { root } from '../repository.js';
import { run } from '../system/command.js';
import { qemuIo } from '../system/initiator.js';
import { Patchbay } from '../system/patchbay.js';
import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { ProgramTree } from './program-tree.js';
import { version } from './version.js';

const MiB = 2 ** 20;
const commands = ['nameserver', 'rpcserver', 'rpcclient', 'patchbay-host', 'patchbay-storage'];

/** An object whose module stands outside of the tree; what it throws is told only if its class is the server's. */
const ownObject = `
import { defineObject, method, RpcError, z } from '@patchbay/rpcserver';

export default () =>
  defineObject({
    summary: 'Of somebody else',
    methods: {
      greet: method({ summary: 'Greet', args: [], returns: z.string(), run: () => 'hello' }),
      refuse: method({
        summary: 'Refuse',
        args: [],
        returns: z.string(),
        run: () => {
          throw new RpcError('NOT_FOUND', 'NOTHING_THERE', 'there is nothing');
        },
      }),
    },
  });
`;

describe("The installable program's tree", function () {
  this.timeout(60_000);
  const tree = shared(() => ProgramTree.make());

  for (const command of commands) {
    it(`runs ${command}`, async () => {
      const outcome = await run([tree().at('bin', command), '--version']);
      expect(outcome).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
    });
  }

  it('runs the command of rpcserver that is a program beside it, also by a link from elsewhere', async () => {
    await using elsewhere = await Scratch.make();
    symlinkSync(tree().at('bin/rpcserver'), elsewhere.file('rpcserver'));
    for (const program of [tree().at('bin/rpcserver'), elsewhere.file('rpcserver')]) {
      const outcome = await run([program, 'init-pool', '--version']);
      expect(outcome).to.deep.equal({ status: 0, stdout: `${version}\n`, stderr: '' });
    }
  });

  it('makes an authority, by the library for certificates', async () => {
    await using scratch = await Scratch.make();
    const command = [tree().at('bin/nameserver'), 'init', '--state-dir', scratch.file('names'), '--json'];
    const { status, stdout } = await run(command);
    expect(status).to.equal(0);
    expect(JSON.parse(stdout))
      .to.have.nested.property('hostToken.token')
      .that.matches(/^pb1\./);
  });

  it('has a version, and the licences of all that it holds', () => {
    const manifest = JSON.parse(readFileSync(tree().at('package.json'), 'utf8')) as unknown;
    expect(manifest).to.include({ name: 'patchbay', version, type: 'module' });
    const licenses = readFileSync(tree().at('THIRD-PARTY-LICENSES'), 'utf8');
    for (const name of ['zod', '@grpc/grpc-js', 'winston', 'fastify', 'better-sqlite3', 'bindings']) {
      expect(licenses).to.match(new RegExp(`^${name} \\d.*: (MIT|Apache-2.0)$`, 'm'));
    }
    expect(licenses).not.to.match(/: undefined$/m);
  });

  it('needs no package but the native ones and what they load, and nothing of the checkout', () => {
    const others = readdirSync(tree().at('node_modules')).filter((name) => name !== '@patchbay');
    expect(others.filter((name) => !name.startsWith('node-unix-socket'))).to.have.members([
      'better-sqlite3',
      'bindings',
      'file-uri-to-path',
    ]);
    const texts = readdirSync(tree().at('lib'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.c?js$/.test(file))
      .map((file) => readFileSync(tree().at('lib', file), 'utf8'));
    expect(texts).to.have.length.above(10);
    expect(texts.filter((text) => text.includes(root))).to.deep.equal([]);
    const wanted = texts.flatMap((text) =>
      [...text.matchAll(/^(?:import|export)\b.* from "(?<name>[^".][^"]*)";$/gm)].map(
        ([, name = '']) => name,
      ),
    );
    const packages = wanted.filter((name) => !isBuiltin(name));
    expect([...new Set(packages)]).to.deep.equal(['better-sqlite3']);
  });

  it("sets V8's flags for the name server before any of it is loaded", () => {
    const main = readFileSync(tree().at('lib/nameserver.js'), 'utf8');
    expect(main).to.match(/^setFlagsFromString\(/m);
    const imports = [...main.matchAll(/^import .* from ["'](?<name>.+)["'];$/gm)].map(([, name]) => name);
    expect(imports).to.have.members(['node:module', 'node:v8']);
  });

  it('has what speaks with systemd', async () => {
    const words = ['node', '--input-type=module', '--eval', "await import('node-unix-socket')"];
    expect(await run(words, { cwd: tree().path })).to.have.property('status', 0);
  });

  it('can be read by everybody and written by its owner alone', () => {
    const entries = readdirSync(tree().path, { recursive: true, withFileTypes: true });
    const wrong = entries.filter((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode } = statSync(path);
      const inBin = entry.parentPath === tree().at('bin') || entry.name === 'rpcclient.cjs';
      return (mode & 0o777) !== (entry.isDirectory() || inBin ? 0o755 : 0o644);
    });
    expect(wrong.map(({ name }) => name)).to.deep.equal([]);
  });
});

describeSystem("The installable program's daemons", ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io'], () => {
  const tree = shared(() => ProgramTree.make());
  const modules = shared(async () => {
    const scratch = await Scratch.make();
    writeFileSync(scratch.file('of-the-tree.mjs'), ownObject);
    symlinkSync(tree().at('node_modules'), scratch.file('node_modules'));
    return scratch;
  });
  const others = shared(async () => {
    const scratch = await Scratch.make();
    writeFileSync(scratch.file('with-its-own.mjs'), ownObject);
    symlinkSync(join(root, 'node_modules'), scratch.file('node_modules'));
    return scratch;
  });
  const patchbay = shared(() =>
    Patchbay.start({
      programs: tree().at('bin'),
      objects: [
        { name: 'of-the-tree', module: modules().file('of-the-tree.mjs') },
        { name: 'with-its-own', module: others().file('with-its-own.mjs') },
      ],
    }),
  );

  const rpcclient = (...words: readonly string[]): ReturnType<typeof run> =>
    patchbay().run([tree().at('bin/rpcclient'), ...words]);

  it('give a node a disk, which it reads', async () => {
    const source = await patchbay().makeSource('ubuntu.qcow2', MiB, 0x5a);
    expect(await rpcclient('import_image', 'ubuntu', `server:${source}`)).to.have.property('status', 0);
    expect(await rpcclient('provision', 'node7', 'ubuntu')).to.have.property('status', 0);
    const disk = await patchbay().diskOf('node7');
    expect(await qemuIo(disk, `read -P 0x5a 0 ${String(MiB)}`)).to.have.property('status', 0);
    const checked = await run([
      tree().at('bin/patchbay-storage'),
      'fsck',
      '--state-dir',
      patchbay().at('state/objects/storage'),
      '--pool',
      patchbay().pool,
    ]);
    expect(checked).to.have.property('status', 0, checked.stderr);
  });

  for (const name of ['of-the-tree', 'with-its-own']) {
    it(`host an object whose module takes the library ${name.replaceAll('-', ' ')}`, async () => {
      expect(await rpcclient(`${name}.greet`)).to.include({ status: 0, stdout: 'hello\n' });
      expect(await rpcclient(`${name}.refuse`)).to.include({
        status: 3,
        stderr: 'error: NOT_FOUND NOTHING_THERE: there is nothing\n',
      });
    });
  }
});
