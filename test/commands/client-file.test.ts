import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { makeDesk, serveObjects } from './desk.js';
import { NameServerProcess } from './name-server-process.js';
import { root } from '../repository.js';
import { type ProgramName, run, scratchDirectory, start } from './programs.js';

describe("The user's client.yaml", function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let nameServer: NameServerProcess;
  let desk: AsyncDisposable;

  before(async () => {
    directory = await scratchDirectory();
    nameServer = await NameServerProcess.start(join(directory.path, 'state'));
    desk = await serveObjects(nameServer.address, { desk: makeDesk().definition });
    await write('home/.config/patchbay/client.yaml', `nameServer: ${nameServer.address} # for tests\n`);
    await write('xdg/patchbay/client.yaml', `nameServer: ${nameServer.address}\n`);
    await write('broken/patchbay/client.yaml', '# ours\nname-server: here\n');
  });
  after(async () => {
    await desk[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
    await directory[Symbol.asyncDispose]();
  });

  function at(path: string): string {
    return join(directory.path, path);
  }

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }

  const commands: [ProgramName, string[]][] = [
    ['rpcclient', ['desk.say', 'hello', '--json']],
    ['nameserver', ['lookup', 'desk', '--json']],
  ];
  for (const [program, words] of commands) {
    it(`tells ${program} where the name server is`, async () => {
      for (const environment of [{ HOME: at('home') }, { HOME: at('none'), XDG_CONFIG_HOME: at('xdg') }]) {
        const { status, stderr } = await run(program, words, environment);
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      }
    });

    it(`stands under what ${program} is told otherwise`, async () => {
      const environment = { HOME: at('home'), PATCHBAY_NAMESERVER: '127.0.0.1:1' };
      const away = await run(program, words, environment);
      expect(away.stderr).to.include('no name server answers at 127.0.0.1:1');
      const [first = '', ...others] = words;
      const flagged = ['--name-server', nameServer.address];
      const told = await run(program, [first, ...flagged, ...others], environment);
      expect(told.status, told.stderr).to.equal(0);
    });

    it(`is refused by ${program} with file and line where it is broken`, async () => {
      const { status, stderr } = await run(program, words, { XDG_CONFIG_HOME: at('broken') });
      expect(status).to.equal(2);
      const place = `${at('broken/patchbay/client.yaml')}:2`;
      const message = `${place}: "name-server: here": write "nameServer: HOST:PORT"`;
      expect(JSON.parse(stderr)).to.include({ code: 'INVALID_ARGUMENT', reason: 'CONFIG_INVALID', message });
    });
  }

  it('tells rpcserver where the name server is, under its own file', async () => {
    const file = (nameServerKey: object): string =>
      JSON.stringify({
        ...nameServerKey,
        listen: '127.0.0.1:0',
        insecure: true,
        stateDir: at('server'),
        objects: [{ name: 'spare', module: join(root, 'packages/rpcserver/dist/test/fixtures/workshop.js') }],
      });
    await write('found.json', file({}));
    await write('said.json', file({ nameServer: nameServer.address }));
    for (const [config, environment] of [
      ['found.json', { HOME: at('home') }],
      ['said.json', { XDG_CONFIG_HOME: at('broken') }],
    ] as const) {
      const server = start('rpcserver', ['start', '--config', at(config)], environment);
      try {
        await eventually(async () => {
          const { status } = await run('nameserver', ['lookup', 'spare'], { HOME: at('home') });
          expect(status, server.said.stderr).to.equal(0);
        }, 20_000);
      } finally {
        server.child.kill('SIGTERM');
        await server.ended;
      }
    }
    const words = ['start', '--config', at('found.json')];
    const { status, stderr } = await run('rpcserver', words, { XDG_CONFIG_HOME: at('broken') });
    expect(status).to.equal(2);
    expect(stderr).to.include('client.yaml:2: ');
  });
});
