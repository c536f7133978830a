import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { type NameServerMethods, nameServerObject } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import { type LoopMount, mountXfs } from '@patchbay/storage/testing';

import { output } from '../../system/command.js';
import { Patchbay } from '../../system/patchbay.js';
import { Contents } from './contents.js';
import { DaemonLogs } from './daemon-logs.js';
import { Ledger } from './ledger.js';

export const MiB = 2 ** 20;
export const imageBytes = 4 * MiB;
/** What each image is filled with. */
export const imageBytesOf: Readonly<Record<string, number>> = { ubuntu: 0x5a, debian: 0x3c };

/** The daemons, with a clock of their own and a pool on a filesystem of its own, and what was acknowledged of it. */
export class Scene implements AsyncDisposable {
  readonly patchbay: Patchbay;
  readonly mount: LoopMount;
  readonly ledger = new Ledger();
  readonly logs: DaemonLogs;
  /** What undoes an accident that lasts, the last one first. */
  readonly #undo: (() => Promise<void>)[] = [];
  readonly #clockFile: string;
  readonly #sources = new Map<string, string>();

  private constructor(patchbay: Patchbay, mount: LoopMount, clockFile: string) {
    this.patchbay = patchbay;
    this.mount = mount;
    this.#clockFile = clockFile;
    this.logs = new DaemonLogs([patchbay.at('rpcserver.log'), patchbay.at('nameserver.log')]);
  }

  /** @param fakeTime the path of libfaketime */
  static async open(fakeTime: string): Promise<Scene> {
    const mount = await mountXfs({ sizeBytes: 320 * MiB });
    const clockIn = (directory: string): string => join(directory, 'clock');
    const patchbay = await Patchbay.start({
      mount: () => Promise.resolve(mount),
      storage: { graceMs: 0 },
      server: { lease: '5s' },
      furnish: async (directory) => {
        await writeFile(clockIn(directory), '+0');
        const state = join(directory, 'state');
        await mkdir(state);
        await output(['mount', '-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', state]);
      },
      environment: (directory) => ({
        LD_PRELOAD: fakeTime,
        FAKETIME_TIMESTAMP_FILE: clockIn(directory),
        FAKETIME_CACHE_DURATION: '1',
        DONT_FAKE_MONOTONIC: '1',
      }),
    });
    const scene = new Scene(patchbay, mount, clockIn(patchbay.directory));
    for (const image of Object.keys(imageBytesOf)) {
      const source = await patchbay.makeSource(`${image}.qcow2`, imageBytes, imageBytesOf[image]);
      scene.#sources.set(image, `server:${source}`);
    }
    await patchbay.storage.import_image('ubuntu', scene.sourceOf('ubuntu'));
    scene.ledger.add('image:ubuntu', scene.imageContents('ubuntu'), true);
    return scene;
  }

  /** The state directory of the storage object. */
  get stateDir(): string {
    return this.patchbay.at('state', 'objects', 'storage');
  }

  sourceOf(image: string): string {
    return this.#sources.get(image) ?? '';
  }

  /** Returns what an image holds. */
  imageContents(image: string): { contents: Contents; image: string } {
    return { contents: Contents.filledWith(imageBytesOf[image] ?? 0, imageBytes), image };
  }

  /** Sets the clocks of the daemons, such as `+400d`; they see it within a second. */
  async setClock(offset: string): Promise<void> {
    await writeFile(this.#clockFile, offset);
  }

  /** Lets something be undone when the accident is over. */
  undoing(undo: () => Promise<void>): void {
    this.#undo.push(undo);
  }

  /** Undoes what accidents left, and starts the daemons that do not run. */
  async heal(): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      await undo();
    }
    const { patchbay } = this;
    if (!patchbay.nameServerDaemon.runs) {
      await patchbay.startNameServer();
    }
    if (!patchbay.rpcServerDaemon.runs) {
      await patchbay.startRpcServer();
    }
    // Where the name server forgot it, or it was stopped for longer than its lease, it registers again. The client may
    // still know where it was.
    const names = patchbay.client.proxy<NameServerMethods>(nameServerObject);
    await eventually(() => names.lookup('storage'), 60_000);
    await eventually(() => patchbay.storage.list_nodes(), 60_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      await undo().catch(() => undefined); // the daemons are ended next
    }
    await this.patchbay[Symbol.asyncDispose]();
    // libfaketime removes them at the end of a process, but not of one that is killed.
    for (const pid of this.patchbay.pids) {
      for (const name of ['faketime_shm_', 'sem.faketime_sem_']) {
        await rm(`/dev/shm/${name}${String(pid)}`, { force: true });
      }
    }
  }
}
