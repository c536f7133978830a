import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import type * as sockets from 'node-unix-socket';
import { join } from 'node:path';

import { systemdManager } from '@patchbay/daemon';
import { eventually, FakeClock, RecordingLog, requireTools } from '@patchbay/objects/testing';

import { NotifyReceiver } from './notify-receiver.js';
import { type Running, scratchDirectory, start } from './programs.js';

/** Has a process end with the test at the latest. */
function ending(running: Running): Running & AsyncDisposable {
  return {
    ...running,
    [Symbol.asyncDispose]: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    },
  };
}

const loadSockets = (): Promise<typeof sockets> => import('node-unix-socket');

describe('systemd', function () {
  this.timeout(60_000);
  before(function () {
    requireTools(this, 'python3');
  });

  it('is told by rpcserver of its start, its health, its reloads and its stop', async () => {
    await using directory = await scratchDirectory();
    const socket = join(directory.path, 'notify');
    await using receiver = await NotifyReceiver.listen(socket);
    await writeFile(
      join(directory.path, 'object.mjs'),
      `import { defineObject } from '${import.meta.resolve('@patchbay/rpcserver')}';
       export default (options, { log }) => {
         log.info('opened', { sees: Object.keys(process.env).filter((name) => /NOTIFY|WATCHDOG/.test(name)) });
         return Promise.resolve(defineObject({ summary: 'Nothing', methods: {} }));
       }`,
    );
    const file = join(directory.path, 'rpcserver.yaml');
    const lines = [
      "listen: '127.0.0.1:0'",
      'insecure: true',
      'stateDir: ./state',
      "nameServer: '127.0.0.1:1'",
    ];
    const objects = 'objects: [{ name: nothing, module: ./object.mjs }]';
    await writeFile(file, [...lines, objects].join('\n'));
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' };
    await using server = ending(start('rpcserver', ['start', '--config', file], environment));

    await receiver.got('READY=1');
    expect(server.said.stderr).to.match(/"opened".*"sees":\[\]/);
    expect(server.said.stderr).to.include('RPC server is ready');
    await receiver.got('STATUS=serving; names not registered');
    await receiver.got('WATCHDOG=1', 3);

    server.child.kill('SIGHUP');
    await receiver.got('READY=1', 2);
    const { text = '', monotonic = 0 } =
      receiver.notifications.find((each) => each.text.startsWith('RELOADING=1')) ?? {};
    const [, told] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(text) ?? [];
    expect(monotonic - Number(told))
      .to.be.at.least(0)
      .and.below(10_000_000);

    await writeFile(file, 'listne: nowhere');
    server.child.kill('SIGHUP');
    await receiver.got('READY=1', 3);
    expect(server.said.stderr).to.include('reload failed; the previous configuration stays in effect');
    const beats = receiver.count('WATCHDOG=1');
    await receiver.got('WATCHDOG=1', beats + 2);

    server.child.kill('SIGTERM');
    expect((await server.ended).status).to.equal(0);
    await receiver.got('STOPPING=1');
    expect(
      receiver.notifications.findLast(({ text }) => text === 'READY=1' || text === 'STOPPING=1'),
    ).to.include({
      text: 'STOPPING=1',
    });
  });

  it('is told by nameserver, whose watchdog is another process', async () => {
    await using directory = await scratchDirectory();
    const socket = join(directory.path, 'notify');
    await using receiver = await NotifyReceiver.listen(socket);
    const listen = ['--listen', `unix:${directory.path}/run/socket`];
    const words = ['start', ...listen, '--state-dir', directory.path];
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000', WATCHDOG_PID: '1' };
    await using server = ending(start('nameserver', words, environment));
    await receiver.got('READY=1');
    server.child.kill('SIGTERM');
    expect((await server.ended).status).to.equal(0);
    await receiver.got('STOPPING=1');
    expect(receiver.count('WATCHDOG=1')).to.equal(0);
  });

  it('hears nothing for its watchdog while the daemon does not do its work', async () => {
    await using directory = await scratchDirectory();
    const socket = join(directory.path, 'notify');
    await using receiver = await NotifyReceiver.listen(socket);
    const clock = new FakeClock();
    const log = new RecordingLog();
    const environment = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '2000000' };
    const manager = await systemdManager({ clock, log, loadSockets, environment });
    let trouble: Error | undefined;
    manager.ready(() => (trouble === undefined ? Promise.resolve() : Promise.reject(trouble)));
    await receiver.got('WATCHDOG=1');
    await clock.advance(1_000);
    await receiver.got('WATCHDOG=1', 2);
    trouble = new Error('the registry is gone');
    await clock.advance(3_000);
    manager.status('ill');
    await receiver.got('STATUS=ill');
    expect(receiver.count('WATCHDOG=1')).to.equal(2);
    trouble = undefined;
    await clock.advance(1_000);
    await receiver.got('WATCHDOG=1', 3);
    manager.close();
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).to.deep.equal([
      'error: self-check failed; not notifying the systemd watchdog',
      'info: self-check passes again',
    ]);
  });

  it('that cannot be told does not keep a daemon from its work, and is logged once', async () => {
    await using directory = await scratchDirectory();
    const log = new RecordingLog();
    const environment = { NOTIFY_SOCKET: join(directory.path, 'nobody') };
    const manager = await systemdManager({ clock: new FakeClock(), log, loadSockets, environment });
    manager.ready(() => Promise.resolve());
    manager.status('well');
    manager.stopping();
    await eventually(() => log.lines.length > 0);
    manager.close();
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      "cannot send the daemon's status to systemd",
    ]);
  });
});
