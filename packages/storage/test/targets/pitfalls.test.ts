import { expect } from 'chai';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, refusal, requireTools } from '@patchbay/objects/testing';

import { execTool } from '../../src/exec.js';
import type { Iqn } from '../../src/names.js';
import type { TargetSpec } from '../../src/targets/target-host.js';
import { discover, inquire } from './initiators.js';
import { prefix, Scene } from './scene.js';

const stranger = { initiator: `${prefix}:node.stranger` };

// The pitfalls of tgt, and how we avoid each.
describe('the pitfalls of tgt', function () {
  this.timeout(60_000);

  let scene: Scene;
  before(function () {
    requireTools(this, 'tgtd', 'iscsi-inq', 'iscsi-ls', 'qemu-io');
  });
  beforeEach(async () => {
    scene = await Scene.create();
  });
  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('has one I/O thread for each LUN', async () => {
    const host = await scene.startHost();
    for (let tid = 1; tid <= 20; tid++) {
      await host.ensureExported(await scene.disk(tid));
    }
    const status = await readFile(`/proc/${String(host.pid)}/status`, 'utf8');
    expect(Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1])).to.be.within(20, 24);
  });

  it('admits by the initiator name alone: a stranger finds no target, even with the right secret', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    expect(await inquire(scene.portal, spec, stranger)).to.include('Target not found');
    expect((await host.list()).flatMap(({ initiators }) => initiators)).to.deep.equal([spec.initiator]);
  });

  it('shows an initiator its own target only', async () => {
    const host = await scene.startHost();
    const [mine, other] = [await scene.disk(1), await scene.disk(2)];
    await host.ensureExported(mine);
    await host.ensureExported(other);
    expect(await discover(scene.portal, mine.initiator))
      .to.include(mine.iqn)
      .and.not.include(other.iqn);
    expect(await discover(scene.portal, stranger.initiator)).to.not.include(prefix);
  });

  it("refuses its own node a wrong secret, another node's secret, and none", async () => {
    const host = await scene.startHost();
    const [mine, other] = [await scene.disk(1), await scene.disk(2)];
    await host.ensureExported(mine);
    await host.ensureExported(other);
    const wrong = { user: mine.chap.user, secret: 'not-the-secret' };
    expect(await inquire(scene.portal, mine, { chap: wrong })).to.include('Authentication failure');
    expect(await inquire(scene.portal, mine, { chap: other.chap })).to.include('Authentication failure');
    expect(await inquire(scene.portal, mine, { chap: null })).to.match(
      /Login Failed|Authentication failure/i,
    );
  });

  it('writes nothing under /etc/tgt', async () => {
    const before = await snapshot('/etc/tgt');
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    await host.ensureRemoved(spec);
    expect(await snapshot('/etc/tgt')).to.deep.equal(before);
  });

  it('passes no secret to any program, where others could read it', async () => {
    const spec = await scene.disk(1);
    const calls: string[] = [];
    const host = await scene.startHosts(1, {
      exec: (file, args) => {
        calls.push([file, ...args].join(' '));
        return Promise.resolve({ stdout: '1:9', stderr: '', exitCode: 1 });
      },
    });
    await host.ensureExported(spec);
    expect(calls.filter((call) => !call.startsWith('dpkg'))).to.deep.equal([]);
    expect(JSON.stringify(scene.log.lines)).to.not.include(spec.chap.secret);
    expect(await readFile(join(scene.dir, 'tgt', 'tgtd.log'), 'utf8')).to.not.include(spec.chap.secret);
  });

  it('changes a secret without ever opening the target, and has one account for it', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    let changing = true;
    const seen = new Set<string>();
    const intruders = [0, 1].map(async () => {
      while (changing) {
        seen.add(await inquire(scene.portal, spec, { chap: null }));
      }
    });
    let changed = spec;
    const enoughAtMs = Date.now() + 20_000; // on a busy machine
    try {
      for (let round = 1; round <= 5 || (round <= 40 && Date.now() < enoughAtMs); round++) {
        changed = { ...spec, chap: { ...spec.chap, secret: `changed-secret${String(round)}` } };
        await host.ensureExported(changed);
      }
    } finally {
      changing = false;
    }
    await Promise.all(intruders);
    expect(seen.size).to.be.greaterThan(0);
    expect([...seen].filter((answer) => answer.includes('VIRTUAL-DISK'))).to.deep.equal([]);
    expect((await host.list())[0]?.accounts).to.deep.equal([spec.chap.user]);
    expect(await inquire(scene.portal, spec)).to.include('Authentication failure');
    expect(await inquire(scene.portal, changed)).to.include('Product:VIRTUAL-DISK');
  });

  it('cuts the session that a changed secret no longer lets in', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    await scene.open(spec);
    await host.ensureExported({ ...spec, chap: { ...spec.chap, secret: 'changed-secret' } });
    const connected = async (): Promise<number> => (await host.list())[0]?.connections.length ?? -1;
    expect(await eventually(async () => (await connected()) === 0)).to.equal(true);
  });

  it('cuts an initiator off in the middle of its writes, and it cannot return', async () => {
    const host = await scene.startHost();
    const [cut, kept] = [await scene.disk(1), await scene.disk(2)];
    await host.ensureExported(cut);
    await host.ensureExported(kept);
    const keptDisk = await scene.open(kept);
    for (let round = 0; round < 5; round++) {
      await host.ensureExported(cut);
      const disk = await scene.open(cut);
      disk.flood();
      await eventually(async () => (await stat(cut.backingPath)).blocks > 0);
      await host.ensureRemoved(cut);
      expect((await host.list()).map(({ iqn }) => iqn)).to.deep.equal([kept.iqn]);
      expect(await inquire(scene.portal, cut)).to.include('Target not found');
      await disk[Symbol.asyncDispose]();
    }
    await keptDisk.use(3);
  });

  it('refuses a comma and an underscore before anything is changed', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    const comma = await refusal(
      host.ensureExported({ ...spec, backingPath: `${spec.backingPath},bstype=null` }),
    );
    const underscore = await refusal(host.ensureExported({ ...spec, iqn: `${prefix}:my_disk` as Iqn }));
    expect([comma.reason, underscore.reason]).to.deep.equal(['ARGUMENT_INVALID', 'ARGUMENT_INVALID']);
    expect(await host.list()).to.deep.equal([]);
  });

  it('reports the owner of a tid that is not ours, and leaves that target alone', async () => {
    const host = await scene.startHost();
    await scene.tgtadm().newTarget(1, 'iqn.2001-01.org.example:theirs');
    const error = await refusal(host.ensureExported(await scene.disk(1)));
    expect(error.reason).to.equal('TARGET_CONFLICT');
    expect(error.message).to.include('iqn.2001-01.org.example:theirs');
    expect((await host.list()).map(({ iqn }) => iqn)).to.deep.equal(['iqn.2001-01.org.example:theirs']);
    await scene.tgtadm().deleteTarget(1);
  });

  it('gives a disk the same serial and id behind any target', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    const pages = async (at: TargetSpec): Promise<string> =>
      (await inquire(scene.portal, at, {}, '-e', '1', '-c', '128')) +
      (await inquire(scene.portal, at, {}, '-e', '1', '-c', '131'));
    await host.ensureExported(spec);
    const first = await pages(spec);
    await host.ensureRemoved(spec);
    const moved = { ...spec, tid: 99, iqn: `${prefix}:disk.moved` as Iqn };
    await host.ensureExported(moved);
    expect(first).to.include(spec.serial).and.include(spec.scsiId);
    expect(await pages(moved)).to.equal(first);
  });

  it('refuses to export one file twice', async () => {
    const host = await scene.startHost();
    const [first, second] = [await scene.disk(1), await scene.disk(2)];
    await host.ensureExported(first);
    const error = await refusal(host.ensureExported({ ...second, backingPath: first.backingPath }));
    expect(error.reason).to.equal('TARGET_CONFLICT');
    expect(error.details).to.deep.equal({ target: first.iqn, tid: 1 });
  });

  it('refuses to give two targets one account, as deleting it would open the other', async () => {
    const host = await scene.startHost();
    const [first, second] = [await scene.disk(1), await scene.disk(2)];
    await host.ensureExported(first);
    const error = await refusal(host.ensureExported({ ...second, chap: first.chap }));
    expect(error.reason).to.equal('TARGET_CONFLICT');
  });

  it('reports that a target is busy while its file blocks a write, and removes it afterwards', async function () {
    requireTools(this, 'mkfs.xfs', 'mount', 'fsfreeze');
    const host = await scene.startHost({ busyTimeoutMs: 300 });
    const pool = await scene.mountXfs();
    const spec = await scene.disk(1, pool);
    await host.ensureExported(spec);
    const disk = await scene.open(spec);
    await execTool('fsfreeze', ['--freeze', pool]);
    try {
      await disk.run('aio_write 0 1M', /./);
      await eventually(() => isStuck(host.pid));
      const error = await refusal(host.ensureRemoved(spec));
      expect(error.reason).to.equal('TARGET_BUSY');
      expect((await host.list()).map(({ online }) => online)).to.deep.equal([false]);
    } finally {
      await execTool('fsfreeze', ['--unfreeze', pool]);
    }
    await host.ensureRemoved(spec);
    expect(await host.list()).to.deep.equal([]);
  });
});

/** Reports whether a thread of a process waits for a disk. */
async function isStuck(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${String(pid)}/task`);
  const stats = await Promise.all(
    threads.map((tid) => readFile(`/proc/${String(pid)}/task/${tid}/stat`, 'latin1')),
  );
  return stats.some((stat) => stat.includes(') D '));
}

async function snapshot(dir: string): Promise<readonly string[]> {
  const names = await readdir(dir, { recursive: true });
  return await Promise.all(
    names.sort().map(async (name) => `${name} ${String((await stat(join(dir, name))).mtimeMs)}`),
  );
}
