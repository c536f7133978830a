/*
 * Makes the fixtures of this folder: state that the daemons of an older commit have written.
 *
 *     node test/dist/upgrade/make-fixtures.js CHECKOUT
 *
 * CHECKOUT is a built checkout of that commit; the folder gets its name. Needs root and a tgtd, like the system tests.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { root } from '../repository.js';
import { output } from '../system/command.js';
import { Daemon } from '../system/daemon.js';
import { Patchbay } from '../system/patchbay.js';
import { startSlowSource } from '../system/slow-source.js';
import { type Contents, contentsOf, storageOptions } from './contents.js';

const imageBytes = 64 * 1024;
/** The states that operations are cut short in, each of which is the name of its node too. */
const cutStates = ['rotating', 'growing', 'detaching', 'trashing', 'deleting'];

/** Writes the fixtures of the commit whose programs it runs. */
class Maker {
  readonly #patchbay: Patchbay;
  readonly #programs: string;
  readonly #folder: string;

  constructor(patchbay: Patchbay, programs: string, folder: string) {
    this.#patchbay = patchbay;
    this.#programs = programs;
    this.#folder = folder;
  }

  /** Fills the catalog with every kind of record at rest, backs it up, and stops the daemons. */
  async makeWhole(): Promise<void> {
    await this.#importImages();
    await this.#makeNodes();
    await this.#makeTrash();
    await this.#call('schedule_snapshots', 'web1', '0 0 29 2 *', '--keep', '4', '--name', 'leap');
    await this.#call('schedule_snapshots', 'web2', '30 4 29 2 *', '--keep', '2');
    await this.#call('backup_catalog', 'before-upgrade');
    const contents = await contentsOf((method, ...args) => this.#call(method, ...args));
    await this.#patchbay.rpcServerDaemon.terminate();
    await this.#patchbay.nameServerDaemon.terminate();
    await this.#patchbay.tgtd.kill();
    await this.#save('whole', contents);
  }

  /** Cuts an operation of every kind short after its intent, by a kill of the daemons. */
  async makeCutShort(): Promise<void> {
    await this.#patchbay.startNameServer();
    await this.#patchbay.startRpcServer();
    await using printer = await this.#register('printer/v2', '192.0.2.7:7000', 'room=12', 'os=debian');
    await using scanner = await this.#register('scanner', '192.0.2.8:7000');
    for (const node of [...cutStates, 'attaching']) {
      await this.#call('provision', node, 'ubuntu');
    }
    await this.#call('detach_node', 'attaching', '--keep-disk');
    await using source = await startSlowSource();
    const importing = this.#attempt('import_image', 'importing', source.url);
    await source.asked;

    const mounts = await this.#failAtFiles();
    const names = JSON.parse(await this.#nameserver('list', '--json')) as Contents[string];
    const intended = this.#untilIntended();
    const stalled = this.#stallAtTargets();
    await intended;
    await this.#patchbay.rpcServerDaemon.kill();
    await this.#patchbay.nameServerDaemon.kill();
    await printer.kill();
    await scanner.kill();
    await this.#patchbay.tgtd.kill();
    await Promise.all([importing, stalled]);
    for (const path of mounts) {
      await output(['umount', path]);
    }
    await this.#save('cut-short', { names });
  }

  async #importImages(): Promise<void> {
    await this.#patchbay.importImage('ubuntu', imageBytes);
    await this.#patchbay.importImage('debian', imageBytes, 0x31);
    await this.#patchbay.importImage('former', imageBytes, 0x32);
    await this.#call('tag_image', 'ubuntu', 'lts', 'os=ubuntu');
    await this.#call('rename_image', 'former', 'alpine');
    await this.#call('copy_image', 'debian', 'debian-copy');
  }

  async #makeNodes(): Promise<void> {
    await this.#call('provision', 'web1', 'ubuntu', '--mac', '52:54:00:12:34:01');
    await this.#call('create_snapshot', 'web1', 'before');
    await this.#call('create_snapshot', 'web1', 'after');
    await this.#call('renew_boot_token', 'web1');
    await this.#call('promote_snapshot', 'web1', 'before', 'golden');
    await this.#call('provision', 'web2', 'ubuntu', 'web1@before');
    await this.#call('provision', 'web3', 'golden', '--initiator', 'iqn.2026-11.org.example:web3');
    await this.#call('provision', 'temporary', 'debian', '--ephemeral', '--mac', '52:54:00:12:34:02');
    await this.#call('provision', 'grown', 'alpine', '--size', '128KiB');
    await this.#call('resize_disk', 'grown', '256KiB');
    await this.#call('provision', 'rotated', 'alpine');
    await this.#call('rotate_credentials', 'rotated');
    await this.#call('provision', 'old-name', 'debian-copy');
    await this.#call('create_snapshot', 'old-name', 'kept');
    await this.#call('move_node', 'old-name', 'new-name');
    await this.#call('provision', 'kept', 'ubuntu');
    await this.#call('create_snapshot', 'kept', 'first');
    await this.#call('detach_node', 'kept', '--keep-disk');
    await this.#call('provision', 'giver', 'ubuntu');
    const { diskId } = (await this.#call('detach_node', 'giver', '--keep-disk')) as { diskId: string };
    await this.#call('attach_disk', diskId, 'taker');
  }

  async #makeTrash(): Promise<void> {
    for (const node of ['trashed', 'restored', 'emptied']) {
      await this.#call('provision', node, 'debian');
      await this.#call('detach_node', node, '--trash', '3650d');
    }
    await this.#call('restore_from_trash', await this.#trashed('restored'));
  }

  /** Lets four operations fail at their file, which is busy as a mount point. @returns the mount points */
  async #failAtFiles(): Promise<readonly string[]> {
    const { diskId: kept = '' } = (await this.#nodes()).find(({ node }) => node === 'kept') ?? {};
    const emptied = await this.#trashed('emptied');
    const image = await this.#fileMadeBy(() => this.#patchbay.importImage('unwanted', imageBytes, 0x33));
    const snapshot = await this.#fileMadeBy(() => this.#call('create_snapshot', 'web3', 'unwanted'));
    const disks = [kept, emptied].map((id) => `disks/patchbay-${id}.raw`);
    const paths = [...disks, image, snapshot].map((file) => join(this.#patchbay.pool, file));
    for (const path of paths) {
      await output(['mount', '--bind', path, path]);
    }
    await this.#attempt('restore_snapshot', 'kept', 'first');
    await this.#attempt('empty_trash', emptied);
    await this.#attempt('delete_image', 'unwanted');
    await this.#attempt('delete_snapshot', 'web3', 'unwanted');
    return paths;
  }

  /** Starts one operation of each kind that needs the target daemons, which answer no more. */
  async #stallAtTargets(): Promise<unknown> {
    const { diskId = '' } = (await this.#nodes()).find(({ node }) => node === 'attaching') ?? {};
    for (const pid of await this.#patchbay.tgtd.pids()) {
      process.kill(pid, 'SIGSTOP');
    }
    return Promise.all([
      this.#attempt('provision', 'creating', 'ubuntu'),
      this.#attempt('attach_disk', diskId, 'attached'),
      this.#attempt('rotate_credentials', 'rotating', '--force'),
      this.#attempt('resize_disk', 'growing', '128KiB'),
      this.#attempt('detach_node', 'detaching', '--keep-disk'),
      this.#attempt('detach_node', 'trashing', '--trash', '3650d'),
      this.#attempt('detach_node', 'deleting'),
    ]);
  }

  /** Waits until every intent is written. Until a daemon that does not answer is given up, there are 30 s. */
  async #untilIntended(): Promise<void> {
    const missing = new Set<string>(['creating', 'attaching', ...cutStates]);
    for await (const { state } of this.#patchbay.storage.watch()) {
      missing.delete(state);
      if (missing.size === 0) {
        return;
      }
    }
  }

  async #nodes(): Promise<readonly { node: string; diskId: string }[]> {
    return (await this.#call('list_nodes')) as { node: string; diskId: string }[];
  }

  async #trashed(node: string): Promise<string> {
    const trash = (await this.#call('list_trash')) as { node: string; diskId: string }[];
    return trash.find((each) => each.node === node)?.diskId ?? '';
  }

  /** Does something that makes one file in the pool, and returns the path of that file there. */
  async #fileMadeBy(make: () => Promise<unknown>): Promise<string> {
    const before = await this.#patchbay.files();
    await make();
    const [file = ''] = (await this.#patchbay.files()).filter((each) => !before.includes(each));
    return file.split(' ')[0] ?? '';
  }

  async #call(method: string, ...args: readonly string[]): Promise<unknown> {
    const nameServer = ['--name-server', this.#patchbay.nameServer];
    return JSON.parse(await output([this.#program('rpcclient'), method, ...args, ...nameServer, '--json']));
  }

  /** Calls a method that shall not come to its end. */
  async #attempt(method: string, ...args: readonly string[]): Promise<void> {
    const { status, stdout } = await this.#patchbay.run([this.#program('rpcclient'), method, ...args]);
    if (status === 0) {
      throw new Error(`${method} was to be cut short, and gave ${stdout}`);
    }
  }

  #register(name: string, address: string, ...metadata: readonly string[]): Promise<Daemon> {
    const options = ['--ttl', '1h', ...metadata.flatMap((each) => ['--meta', each])];
    return Daemon.start(
      [this.#program('nameserver'), 'register', name, address, ...options],
      this.#patchbay.at('register.log'),
      { PATCHBAY_NAMESERVER: this.#patchbay.nameServer },
    );
  }

  #nameserver(...words: readonly string[]): Promise<string> {
    return output([this.#program('nameserver'), ...words, '--name-server', this.#patchbay.nameServer]);
  }

  #program(name: string): string {
    return join(this.#programs, name);
  }

  async #save(name: string, contents: Contents): Promise<void> {
    const { directory } = this.#patchbay;
    const parts = ['names', 'state', 'pool'];
    await output(['tar', '-cSJf', join(this.#folder, `${name}.tar.xz`), '-C', directory, ...parts]);
    await writeFile(join(this.#folder, `${name}.json`), `${JSON.stringify(contents, null, 2)}\n`);
  }
}

const [checkout] = process.argv.slice(2);
if (checkout === undefined) {
  throw new Error('name the checkout of the commit: node test/dist/upgrade/make-fixtures.js CHECKOUT');
}
const commit = await output(['git', '-C', checkout, 'rev-parse', '--short=7', 'HEAD']);
const folder = join(root, 'test', 'upgrade', commit.trim());
await mkdir(folder, { recursive: true });
const programs = join(checkout, 'node_modules', '.bin');
await using patchbay = await Patchbay.start({ programs, storage: storageOptions });
const maker = new Maker(patchbay, programs, folder);
await maker.makeWhole();
await maker.makeCutShort();
