import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '@patchbay/objects';
import { freePort, RecordingLog } from '@patchbay/objects/testing';

import { execTool } from '../../src/exec.js';
import type { Iqn } from '../../src/names.js';
import type { TargetSpec } from '../../src/targets/target-host.js';
import { ControlSocket } from '../../src/targets/tgt/control-socket.js';
import { startTgtHost, type TgtHost, type TgtHostOptions } from '../../src/targets/tgt/tgt-host.js';
import { startTgtHosts, type TgtHosts, type TgtHostsOptions } from '../../src/targets/tgt/tgt-hosts.js';
import { findTgtd, kill } from '../../src/targets/tgt/tgtd-process.js';
import { Tgtadm } from '../../src/targets/tgt/tgtadm.js';
import { OpenDisk } from './initiators.js';

/** The prefix of the IQNs of the targets that the hosts under test own. */
export const prefix = 'iqn.2026-11.local.patchbay.test';

/** A scratch directory and a free port, with the hosts, disks and initiators of one test; disposal ends all of them. */
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

  /** @param ports how many consecutive ports from the portal's on must be free */
  static async create(ports = 1): Promise<Scene> {
    const port = await freePorts(ports);
    return new Scene(await mkdtemp(join(tmpdir(), 'patchbay-tgt-')), `127.0.0.1:${String(port)}`);
  }

  /** Starts a host without a rebuild callback; its service is held back unless it adopted a daemon. */
  async startHeldBack(options: Partial<TgtHostOptions> = {}): Promise<TgtHost> {
    const host = await startTgtHost({ ...this.#defaults(), daemon: 0, ...options });
    this.#started.push(host);
    return host;
  }

  /** Starts a host that serves, with nothing to rebuild. */
  async startHost(options: Partial<TgtHostOptions> = {}): Promise<TgtHost> {
    const host = await this.startHeldBack(options);
    await host.onRestart(() => Promise.resolve());
    return host;
  }

  /** Starts a host of several daemons, at the portal and the ports after it, that serves, with nothing to rebuild. */
  async startHosts(daemons: number, options: Partial<TgtHostsOptions> = {}): Promise<TgtHosts> {
    const hosts = await startTgtHosts({ ...this.#defaults(), daemons, targetsPerDaemon: 1, ...options });
    this.#started.push(hosts);
    await hosts.onRestart(() => Promise.resolve());
    return hosts;
  }

  /** Returns a client that bypasses the host, as a third party would. */
  tgtadm(): Tgtadm {
    return new Tgtadm(new ControlSocket(join(this.dir, 'tgt', 'control.0')));
  }

  /** Binds a rule, such as `initiator-address=ALL`, to a target, as a third party would. */
  async bind(tid: number, params: string): Promise<void> {
    const socket = new ControlSocket(join(this.dir, 'tgt', 'control.0'));
    await socket.request({ mode: 'target', op: 'bind', tid, params });
  }

  /** Finds a daemon of this scene, if it runs. */
  daemon(number = 0): ReturnType<typeof findTgtd> {
    return findTgtd(join(this.dir, number === 0 ? 'tgt' : `tgt-${String(number)}`, 'control'));
  }

  /** Mounts an XFS of 320 MiB in a file, and returns its directory. */
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

  /** Creates a 16 MiB disk and returns the spec of its export. */
  async disk(tid: number, dir = this.dir): Promise<TargetSpec> {
    const backingPath = join(dir, `disk ${String(tid)}.img`);
    await writeFile(backingPath, '');
    await truncate(backingPath, 16 * 2 ** 20);
    return {
      daemon: 0,
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

  /** Logs in as the node does, and keeps the session open. */
  async open(spec: TargetSpec, portal = this.portal): Promise<OpenDisk> {
    const disk = await OpenDisk.connect(portal, spec);
    this.#started.push(disk);
    return disk;
  }

  #defaults(): Omit<TgtHostsOptions, 'daemons' | 'targetsPerDaemon'> {
    return {
      stateDir: this.dir,
      portal: this.portal,
      exec: execTool,
      clock: systemClock,
      log: this.log,
      onStop: 'stop',
      owns: (iqn) => iqn.startsWith(prefix),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const started of this.#started.reverse()) {
        await started[Symbol.asyncDispose]();
      }
    } finally {
      for (const number of [0, 1, 2]) {
        const left = await this.daemon(number);
        if (left !== undefined) {
          await kill(left);
        }
      }
      for (const dir of this.#mounted) {
        await execTool('umount', [dir]);
      }
      await rm(this.dir, { recursive: true, force: true });
    }
  }
}

/** Returns a port that is free, as are the following ones. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = await freePort();
    const later = Array.from({ length: count - 1 }, (_, index) => first + 1 + index);
    if ((await Promise.all(later.map(isFree))).every(Boolean)) {
      return first;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .on('error', () => {
        resolve(false);
      })
      .listen(port, '127.0.0.1', () =>
        server.close(() => {
          resolve(true);
        }),
      );
  });
}
