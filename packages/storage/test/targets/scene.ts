import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@patchbay/core';
import { freePort, RecordingLog } from '@patchbay/core/testing';

import { execTool } from '../../src/exec.js';
import { type Iqn } from '../../src/names.js';
import { type TargetSpec } from '../../src/targets/target-host.js';
import { ControlSocket } from '../../src/targets/tgt/control-socket.js';
import { startTgtHost, type TgtHost, type TgtHostOptions } from '../../src/targets/tgt/tgt-host.js';
import { findTgtd, kill } from '../../src/targets/tgt/tgtd-process.js';
import { Tgtadm } from '../../src/targets/tgt/tgtadm.js';
import { OpenDisk } from './initiators.js';

/** What begins the IQNs of the targets that the hosts under test own. */
export const prefix = 'iqn.2026-11.local.patchbay.test';

/** A scratch directory and a free port, with the hosts, disks and initiators of one test; ends all of them. */
export class Scene implements AsyncDisposable {
  readonly dir: string;
  readonly portal: string;
  readonly log = new RecordingLog();
  readonly #started: AsyncDisposable[] = [];
  readonly #mounted: string[] = [];

  private constructor(dir: string, portal: string) {
    this.dir = dir;
    this.portal = portal;
  }

  static async create(): Promise<Scene> {
    return new Scene(await mkdtemp(join(tmpdir(), 'patchbay-tgt-')), `127.0.0.1:${String(await freePort())}`);
  }

  /** Starts a host that nobody has told what to rebuild; its service is held back unless it took a daemon over. */
  async startHeldBack(options: Partial<TgtHostOptions> = {}): Promise<TgtHost> {
    const host = await startTgtHost({
      stateDir: this.dir,
      portal: this.portal,
      exec: execTool,
      clock: systemClock,
      log: this.log,
      onStop: 'stop',
      owns: (iqn) => iqn.startsWith(prefix),
      ...options,
    });
    this.#started.push(host);
    return host;
  }

  /** Starts a host that serves, with nothing to rebuild. */
  async startHost(options: Partial<TgtHostOptions> = {}): Promise<TgtHost> {
    const host = await this.startHeldBack(options);
    await host.onRestart(() => Promise.resolve());
    return host;
  }

  /** Speaks to the daemon past the host, as a stranger's hand would. */
  tgtadm(): Tgtadm {
    return new Tgtadm(new ControlSocket(join(this.dir, 'tgt', 'control.0')));
  }

  /** The daemon of this scene, if there is one. */
  daemon(): ReturnType<typeof findTgtd> {
    return findTgtd(join(this.dir, 'tgt', 'control'));
  }

  /** Mounts an XFS of 320 MiB in a file, and gives its directory. */
  async mountXfs(): Promise<string> {
    const [image, dir] = [join(this.dir, 'pool.xfs'), join(this.dir, 'pool')];
    await mkdir(dir);
    await writeFile(image, '');
    await truncate(image, 320 * 2 ** 20);
    await execTool('mkfs.xfs', ['-q', image]);
    await execTool('mount', ['-o', 'loop', image, dir]);
    this.#mounted.push(dir);
    return dir;
  }

  /** Makes a 16 MiB disk and says how to export it. */
  async disk(tid: number, dir = this.dir): Promise<TargetSpec> {
    const backingPath = join(dir, `disk ${String(tid)}.img`);
    await writeFile(backingPath, '');
    await truncate(backingPath, 16 * 2 ** 20);
    return {
      tid,
      iqn: `${prefix}:disk.d${String(tid)}` as Iqn,
      lun: 1,
      backingPath,
      scsiId: `5061746368626179${String(tid).padStart(16, '0')}`,
      serial: `PB${String(tid)}`,
      initiator: `${prefix}:node.n${String(tid)}` as Iqn,
      chap: { user: `node-n${String(tid)}`, secret: `secret-of-n${String(tid)}` },
    };
  }

  /** Logs in as the node does, and keeps the session. */
  async open(spec: TargetSpec): Promise<OpenDisk> {
    const disk = await OpenDisk.connect(this.portal, spec);
    this.#started.push(disk);
    return disk;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const started of this.#started.reverse()) {
        await started[Symbol.asyncDispose]();
      }
    } finally {
      const left = await this.daemon();
      if (left !== undefined) {
        await kill(left);
      }
      for (const dir of this.#mounted) {
        await execTool('umount', [dir]);
      }
      await rm(this.dir, { recursive: true, force: true });
    }
  }
}
