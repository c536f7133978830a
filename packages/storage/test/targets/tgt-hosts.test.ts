import { expect } from 'chai';
import { once } from 'node:events';
import { createServer } from 'node:net';

import { eventually, refusal, requireTools } from '@patchbay/objects/testing';

import type { TargetSpec } from '../../src/targets/target-host.js';
import { inquire } from './initiators.js';
import { Scene } from './scene.js';

describe('several tgtds of our own, with one target each', function () {
  this.timeout(60_000);

  let scene: Scene;
  before(function () {
    requireTools(this, 'tgtd', 'iscsi-inq', 'qemu-io');
  });
  beforeEach(async () => {
    scene = await Scene.create(3);
  });
  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  /** Creates a disk for each of two daemons. */
  async function twoDisks(): Promise<readonly [TargetSpec, TargetSpec]> {
    return [await scene.disk(1), { ...(await scene.disk(2)), daemon: 1 }];
  }

  it('are assigned by the target id: each is filled to its share before the next', async () => {
    const host = await scene.startHosts(1);
    expect([1, 2, 3].map((tid) => host.daemonFor(tid))).to.deep.equal([0, 1, 2]);
  });

  it('are started when a target needs them, each at its own portal', async () => {
    const host = await scene.startHosts(1);
    const [first, second] = await twoDisks();
    await host.ensureExported(first);
    expect(host.daemons).to.have.length(1);
    await host.ensureExported(second);
    expect(host.daemons).to.deep.equal([
      { daemon: 0, state: 'ready' },
      { daemon: 1, state: 'ready' },
    ]);
    expect(await inquire(host.portalOf(1), second)).to.include('Product:VIRTUAL-DISK');
    expect(await inquire(host.portalOf(0), second)).to.include('Target not found');
    expect((await host.list(1)).map(({ daemon, tid }) => [daemon, tid])).to.deep.equal([[1, 2]]);
  });

  it('are started once when several targets need one at once', async () => {
    const host = await scene.startHosts(1);
    const [, second] = await twoDisks();
    await Promise.all([
      host.ensureExported(second),
      host.ensureExported(second),
      host.ensureExported(second),
    ]);
    expect(host.daemons).to.have.length(2);
  });

  it('are not started where nothing was exported, and removing from there does nothing', async () => {
    const host = await scene.startHosts(1);
    const [, second] = await twoDisks();
    await host.ensureRemoved(second);
    expect(await host.list(1)).to.deep.equal([]);
    expect(host.daemons).to.have.length(1);
  });

  it('are all adopted after a restart of ours, with their sessions', async () => {
    const before = await scene.startHosts(1, { onStop: 'keep' });
    const [first, second] = await twoDisks();
    await before.ensureExported(first);
    await before.ensureExported(second);
    const disk = await scene.open(second, before.portalOf(1));
    const pids = [(await scene.daemon(0))?.pid, (await scene.daemon(1))?.pid];
    await before[Symbol.asyncDispose]();

    const after = await scene.startHosts(2);

    await after.ensureExported(second);
    await disk.use(1);
    expect([(await scene.daemon(0))?.pid, (await scene.daemon(1))?.pid]).to.deep.equal(pids);
    expect((await after.list(1))[0]?.connections).to.have.length(1);
  });

  it('are moved together to other portals, each to where the next one listened', async () => {
    const before = await scene.startHosts(2, { onStop: 'keep' });
    const [, second] = await twoDisks();
    await before.ensureExported(second);
    const disk = await scene.open(second, before.portalOf(1));
    const pids = [(await scene.daemon(0))?.pid, (await scene.daemon(1))?.pid];
    const portal = before.portalOf(1);
    await before[Symbol.asyncDispose]();

    const after = await scene.startHosts(2, { portal });

    expect([(await scene.daemon(0))?.pid, (await scene.daemon(1))?.pid]).to.deep.equal(pids);
    await disk.use(1);
    expect(await inquire(after.portalOf(1), second)).to.include('Product:VIRTUAL-DISK');
  });

  it('are ended when they are no longer needed', async () => {
    const before = await scene.startHosts(2, { onStop: 'keep' });
    await before[Symbol.asyncDispose]();
    expect(await scene.daemon(1)).to.not.equal(undefined);
    await scene.startHosts(1);
    expect(await scene.daemon(1)).to.equal(undefined);
  });

  it('are restarted one by one: the others keep serving, and are not rebuilt', async () => {
    const host = await scene.startHosts(2);
    const [first, second] = await twoDisks();
    const rebuilt: number[] = [];
    await host.onRestart(async (daemon) => {
      rebuilt.push(daemon);
      await host.ensureExported(daemon === 0 ? first : second);
    });
    await host.ensureExported(first);
    await host.ensureExported(second);
    const disk = await scene.open(first);
    const [{ pid: firstPid } = { pid: 0 }, { pid = 0 } = {}] = [await scene.daemon(0), await scene.daemon(1)];

    process.kill(pid, 'SIGKILL');

    await disk.use(1);
    await eventually(async () => (await inquire(host.portalOf(1), second)).includes('Product:VIRTUAL-DISK'));
    expect(rebuilt).to.deep.equal([1]);
    expect((await scene.daemon(0))?.pid).to.equal(firstPid);
  });

  it('refuse a target whose daemon cannot have its port, leave nothing running, and serve it once it can', async () => {
    const host = await scene.startHosts(1);
    const [, second] = await twoDisks();
    const port = Number(host.portalOf(1).split(':')[1]);
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      await once(squatter, 'listening');
      expect((await refusal(host.ensureExported(second))).reason).to.equal('PORTAL_UNAVAILABLE');
      expect(await scene.daemon(1)).to.equal(undefined);
    } finally {
      squatter.close();
    }
    await host.ensureExported(second);
    expect(await inquire(host.portalOf(1), second)).to.include('Product:VIRTUAL-DISK');
  });
});
