import { expect } from 'chai';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { requireTools } from '@patchbay/objects/testing';

import { execTool } from '../../src/exec.js';
import type { TargetSpec } from '../../src/targets/target-host.js';
import { ControlSocket } from '../../src/targets/tgt/control-socket.js';
import type { Daemon } from '../../src/targets/tgt/daemon.js';
import { reopenTarget } from '../../src/targets/tgt/reopen.js';
import { TargetCache } from '../../src/targets/tgt/target-cache.js';
import { Tgtadm } from '../../src/targets/tgt/tgtadm.js';
import { inquire } from './initiators.js';
import { Scene } from './scene.js';

const MiB = 2 ** 20;

/** Returns the size that a new login sees, in bytes. */
async function shownBytes(scene: Scene, { iqn, lun, initiator, chap }: TargetSpec): Promise<number> {
  const url = `iscsi://${chap.user}%${chap.secret}@${scene.portal}/${iqn}/${String(lun)}`;
  const { stdout } = await execTool('iscsi-readcapacity16', ['-i', initiator, url]);
  return (Number(/RETURNED LOGICAL BLOCK ADDRESS:(\d+)/.exec(stdout)?.[1]) + 1) * 512;
}

/** Lets a number of commands through and then no more, as if the process had died there. */
function dyingAfter(commands: number, tgtadm: Tgtadm): Tgtadm {
  let given = 0;
  return new Proxy(tgtadm, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') {
        return value;
      }
      return (...args: unknown[]): unknown => {
        given += 1;
        return given > commands
          ? Promise.reject(new Error('dead'))
          : (value.call(target, ...args) as unknown);
      };
    },
  });
}

describe('reopening a target whose file has grown', function () {
  this.timeout(60_000);

  let scene: Scene;
  before(function () {
    requireTools(this, 'tgtd', 'iscsi-inq', 'iscsi-readcapacity16', 'qemu-io');
  });
  beforeEach(async () => {
    scene = await Scene.create();
  });
  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('shows the new size to a new login, under the same names, and the old session continues', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    const disk = await scene.open(spec);
    await disk.use(0x11);
    await truncate(spec.backingPath, 32 * MiB);
    expect(await shownBytes(scene, spec)).to.equal(16 * MiB);

    await host.reopen(spec);

    expect(await shownBytes(scene, spec)).to.equal(32 * MiB);
    await disk.run('read -P 0x11 0 1M', /read 1048576\/1048576/);
    await disk.use(0x22);
  });

  it('waits for the commands of an initiator that keeps writing', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    (await scene.open(spec)).flood();
    await truncate(spec.backingPath, 32 * MiB);

    await host.reopen(spec);

    expect(await shownBytes(scene, spec)).to.equal(32 * MiB);
  });

  it('creates a target that is missing', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);

    await host.reopen(spec);

    expect(await shownBytes(scene, spec)).to.equal(16 * MiB);
  });

  it('is completed by the next server, whichever command the process died after', async () => {
    const spec = await scene.disk(1);
    let sizeBytes = 16 * MiB;
    let commands = 0;
    await (await scene.startHost({ onStop: 'keep' })).ensureExported(spec);
    for (let isDone = false; !isDone; commands += 1) {
      sizeBytes += MiB;
      await truncate(spec.backingPath, sizeBytes);

      isDone = await reopenTarget(await daemonDyingAfter(commands), spec, { owns: () => true }).catch(
        () => false,
      );
      const host = await scene.startHost({ onStop: 'keep' });
      await host.ensureExported(spec);

      expect(await inquire(scene.portal, spec, { chap: null })).to.not.match(/CONNECTED/);
      expect(await inquire(scene.portal, spec)).to.match(/CONNECTED/);
      await host.reopen(spec);
      expect(await shownBytes(scene, spec)).to.equal(sizeBytes);
    }
    expect(commands).to.be.greaterThan(6);
  });

  async function daemonDyingAfter(commands: number): Promise<Daemon> {
    const process = await scene.daemon();
    if (process === undefined) {
      throw new Error('no tgtd is running');
    }
    const socket = new ControlSocket(join(scene.dir, 'tgt', 'control.0'));
    const tgtadm = new Tgtadm(socket);
    const cache = new TargetCache(tgtadm, false);
    await cache.refresh();
    return { process, socket, tgtadm: dyingAfter(commands, tgtadm), cache };
  }
});
