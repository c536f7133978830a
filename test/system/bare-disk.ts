import { open } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, freePort } from '@patchbay/objects/testing';

import { output } from './command.js';
import { Daemon } from './daemon.js';
import type { NodeDisk } from './initiator.js';

/** A LUN of a plain file, created with tgtadm alone, with the same options as the storage object uses. */
export class BareDisk implements AsyncDisposable {
  readonly disk: NodeDisk;
  readonly #daemon: Daemon;

  private constructor(disk: NodeDisk, daemon: Daemon) {
    this.disk = disk;
    this.#daemon = daemon;
  }

  static async start(directory: string, sizeBytes: number): Promise<BareDisk> {
    const file = join(directory, 'bare.raw');
    await using handle = await open(file, 'wx');
    await handle.truncate(sizeBytes);
    const disk: NodeDisk = {
      portal: `127.0.0.1:${String(await freePort())}`,
      iqn: 'iqn.2026-11.org.example:bare',
      lun: 1,
      initiator: 'iqn.2026-11.org.example:tester',
      user: 'tester',
      secret: 'not-so-secret',
    };
    const environment = { TGT_IPC_SOCKET: join(directory, 'bare') };
    const daemon = await Daemon.start(
      ['tgtd', '-f', '-C', '0', '-t', '1', '--iscsi', `portal=${disk.portal}`],
      join(directory, 'bare.log'),
      environment,
    );
    const adm = (...words: string[]): Promise<string> =>
      output(['tgtadm', '-C', '0', '--lld', 'iscsi', ...words], { environment });
    try {
      await eventually(() => adm('--mode', 'system', '--op', 'show'));
      const target = ['--tid', '1', '--mode'];
      const lun = [...target, 'logicalunit', '--lun', String(disk.lun), '--op'];
      await adm(...target, 'target', '--op', 'new', '--targetname', disk.iqn);
      await adm(...lun, 'new', '--bstype', 'rdwr', '--backing-store', file);
      await adm(...lun, 'update', '--params', 'thin_provisioning=1');
      await adm('--mode', 'account', '--op', 'new', '--user', disk.user, '--password', disk.secret);
      await adm(...target, 'account', '--op', 'bind', '--user', disk.user);
      await adm(...target, 'target', '--op', 'bind', '--initiator-name', disk.initiator);
      return new BareDisk(disk, daemon);
    } catch (error) {
      await daemon.kill();
      throw error;
    }
  }

  /** Kills tgtd, which ignores every other signal. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon.kill();
  }
}
