import { randomUUID } from 'node:crypto';
import { link, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type RunningTgtd, runningTgtds } from '@patchbay/storage/testing';

import type { FileChange, TargetChange } from './plan.js';
import type { Scene } from './scene.js';

const prefix = 'iqn.2026-11.local.patchbay:disk.';
/** A target id that no node gets. */
const alienTid = 900;

/** Changes one of the targets by hand, as somebody with tgtadm would. */
export async function changeTarget(scene: Scene, change: TargetChange, nth: number): Promise<void> {
  const [tgtd] = await runningTgtds(scene.stateDir);
  if (tgtd === undefined) {
    return;
  }
  const { tgtadm } = tgtd;
  const targets = (await tgtadm.targets()).filter(({ tid }) => tid !== alienTid);
  const tid = targets[nth % Math.max(1, targets.length)]?.tid;
  switch (change) {
    case 'alien':
      // Not ours: it is left alone, for as long as it is there.
      await tgtadm.newTarget(alienTid, 'iqn.2001-01.com.example:alien');
      scene.undoing(() => removeAlien(tgtd));
      return;
    case 'orphan':
      await tgtadm.newTarget(alienTid, `${prefix}of-nobody`);
      return;
    default:
      if (tid !== undefined) {
        await changeOne(tgtd, change, tid).catch(() => undefined); // a request removed it at that moment
      }
  }
}

async function changeOne(
  { tgtadm, socket }: RunningTgtd,
  change: Exclude<TargetChange, 'alien' | 'orphan'>,
  tid: number,
): Promise<void> {
  switch (change) {
    case 'removed':
      await tgtadm.deleteTarget(tid);
      return;
    case 'offline':
      await tgtadm.setTargetState(tid, 'offline');
      return;
    case 'opened':
      await socket.request({ mode: 'target', op: 'bind', tid, params: 'initiator-address=ALL' });
      return;
    case 'account': {
      const user = `somebody-${String(tid)}`;
      await tgtadm.newAccount(user, 'a-secret-12345');
      await tgtadm.bindAccount(tid, user);
    }
  }
}

async function removeAlien({ tgtadm }: RunningTgtd): Promise<void> {
  const stands = (await tgtadm.targets().catch(() => [])).some(({ tid }) => tid === alienTid);
  if (stands) {
    await tgtadm.deleteTarget(alienTid);
  }
}

/** Changes the files of the pool by hand. */
export async function changeFile(scene: Scene, change: FileChange, nth: number): Promise<void> {
  const { patchbay } = scene;
  const at = (...names: string[]): string => join(patchbay.pool, ...names);
  switch (change) {
    case 'stray':
      // Named as ours are, it is set aside; deleteOrphans of the check takes it away.
      await writeFile(at('disks', `patchbay-${randomUUID()}.raw`), 'whose?');
      return;
    case 'foreign': {
      const path = at('disks', 'notes.txt');
      await writeFile(path, 'whose?');
      scene.undoing(() => rm(path)); // fails if anybody has removed it
      return;
    }
    case 'leftover':
      await writeFile(at('tmp', `patchbay-${randomUUID()}.part`), 'half');
      return;
    case 'generation':
      await writeFile(at('patchbay-generation'), 'x');
      await patchbay.rpcServerDaemon.kill();
      return;
    case 'hidden': {
      const names = await readdir(at('disks'));
      const name = names[nth % Math.max(1, names.length)];
      if (name !== undefined) {
        // On the same filesystem, and not in the pool.
        const elsewhere = join(scene.mount.path, name);
        await rename(at('disks', name), elsewhere);
        // Where another file has taken its place, as by restore_snapshot, that one stays.
        scene.undoing(async () => {
          await link(elsewhere, at('disks', name)).catch(() => undefined);
          await rm(elsewhere);
        });
        await patchbay.tgtd.kill();
      }
    }
  }
}
