import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { coreError, localCaller, type ObjectDefinition, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { eventually, freePort, RecordingLog } from '@patchbay/objects/testing';

import { execTool } from '../../src/exec.js';
import { findTgtd, isRunning, kill } from '../../src/targets/tgt/tgtd-process.js';
import { type LoopMount, mountXfs } from '../../src/testing/loop-filesystem.js';
import { type DiskLogin, loginOf } from '../targets/initiators.js';
import createStorage from '../../src/index.js';

export const imageBytes = 16 * 2 ** 20;

/** What `provision` returns, as far as the tests look at it. */
export interface Provisioned {
  readonly diskId: string;
  readonly sizeBytes: number;
  readonly target: { readonly iqn: string; readonly portal: string; readonly lun: number };
  readonly initiator: string;
  readonly chapUser: string;
}

/** A storage object with a real pool and a real tgtd, called as a server calls it. */
export class RunningStorage implements AsyncDisposable {
  readonly log = new RecordingLog();
  readonly pool: string;
  readonly portal: string;
  /** A qcow2 image whose every byte is 0x5a: its file, and what it is called as a source. */
  readonly sourceFile: string;
  readonly source: string;
  readonly #scratch: string;
  readonly #mount: LoopMount | undefined;
  readonly #stateParent: string;
  #object: ObjectDefinition | undefined;
  #calls = 0;

  private constructor(scratch: string, portal: string, mount: LoopMount | undefined, stateParent = scratch) {
    this.#scratch = scratch;
    this.#stateParent = stateParent;
    this.#mount = mount;
    this.portal = portal;
    this.pool = join(mount?.path ?? scratch, 'pool');
    this.sourceFile = join(scratch, 'ubuntu.qcow2');
    this.source = `server:${this.sourceFile}`;
  }

  /**
   * Starts it on a pool with reflinks (an XFS that it mounts), or without.
   * @param options.stateParent where its state directories are; default: beside the pool
   */
  static async start({
    reflinks,
    stateParent,
  }: {
    readonly reflinks: boolean;
    readonly stateParent?: string;
  }): Promise<RunningStorage> {
    const scratch = await mkdtemp(join(tmpdir(), 'patchbay-so-'));
    const portal = `127.0.0.1:${String(await freePort())}`;
    const mount = reflinks ? await mountXfs({ sizeBytes: 512 * 2 ** 20 }) : undefined;
    const running = new RunningStorage(scratch, portal, mount, stateParent);
    try {
      await execTool('qemu-img', ['create', '-q', '-f', 'qcow2', running.sourceFile, String(imageBytes)]);
      await execTool('qemu-io', [
        '-f',
        'qcow2',
        '-c',
        `write -P 0x5a 0 ${String(imageBytes)}`,
        running.sourceFile,
      ]);
      await running.startObject();
      return running;
    } catch (error) {
      await running[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The filesystem that the pool is on; there is one where it has reflinks. */
  get filesystem(): LoopMount {
    if (this.#mount === undefined) {
      throw new Error('the pool has no filesystem of its own');
    }
    return this.#mount;
  }

  /** Where the object keeps its catalog. */
  stateDir(name = 'state'): string {
    return join(this.#stateParent, name);
  }

  /** Starts the object, on another state directory where one is named. */
  async startObject(stateName = 'state', options: Record<string, unknown> = {}): Promise<void> {
    const stateDir = this.stateDir(stateName);
    await mkdir(stateDir, { recursive: true });
    this.#object = await createStorage(
      {
        pool: this.pool,
        portal: this.portal,
        graceMs: 0,
        sourceDirectories: [this.#scratch],
        ...options,
      },
      {
        name: 'storage',
        clock: systemClock,
        log: this.log,
        stateDir,
        signal: new AbortController().signal,
      },
    );
  }

  /** Ends the object as its server does when it stops; tgtd stays. */
  async stopObject(): Promise<void> {
    const object = this.#object;
    this.#object = undefined;
    await object?.close?.();
  }

  /** Calls a method, with the argv of a command line. */
  words<T = unknown>(method: string, ...words: string[]): Promise<T> {
    return this.#call(method, { argv: words }).result as Promise<T>;
  }

  /** Calls a method, with values. */
  call<T = unknown>(method: string, ...values: unknown[]): Promise<T> {
    return this.#call(method, { values }).result as Promise<T>;
  }

  /** Calls a method and keeps what it yields. */
  async items(method: string, ...values: unknown[]): Promise<unknown[]> {
    const { items, result } = this.#call(method, { values });
    await result;
    return items;
  }

  /** Calls a method and leaves as soon as it has yielded something. */
  async leave(method: string, ...values: unknown[]): Promise<void> {
    const { cancelAtFirst, result } = this.#call(method, { values });
    cancelAtFirst();
    await result.catch(() => undefined);
  }

  /** Returns how a node logs in. */
  async login(node: string, made: Provisioned): Promise<DiskLogin> {
    return loginOf(made, await this.call('show_credentials', node));
  }

  /** Kills tgtd, as an accident would. */
  async killTgtd(): Promise<void> {
    const found = await this.#daemon();
    if (found === undefined) {
      throw new Error('no tgtd is running');
    }
    await kill(found);
  }

  /** Lists the files of the pool's images, disks, snapshots and temporaries. */
  async files(): Promise<string[]> {
    const all = await readdir(this.pool, { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile() && entry.parentPath !== this.pool)
      .map((entry) => join(entry.parentPath, entry.name));
  }

  async hashOf(path: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) {
      hash.update(chunk as Buffer);
    }
    return hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stopObject();
    } finally {
      for (const name of (await readdir(this.stateDir())).filter((each) => each.startsWith('tgt'))) {
        const left = await this.#daemon(name);
        if (left !== undefined) {
          await kill(left);
          // It holds the pool's files open until it is gone.
          await eventually(async () => !(await isRunning(left)));
        }
      }
      await this.#mount?.[Symbol.asyncDispose]();
      await rm(this.#scratch, { recursive: true, force: true });
    }
  }

  #daemon(name = 'tgt'): ReturnType<typeof findTgtd> {
    return findTgtd(join(this.stateDir(), name, 'control'));
  }

  #call(
    method: string,
    input: { readonly values: readonly unknown[] } | { readonly argv: readonly string[] },
  ): { result: Promise<unknown>; items: unknown[]; cancelAtFirst: () => void } {
    const dispatcher = new Dispatcher({ clock: systemClock, log: this.log });
    if (this.#object === undefined) {
      throw new Error('the object is not running');
    }
    dispatcher.host('storage', this.#object);
    this.#calls += 1;
    const items: unknown[] = [];
    let onItem = (): void => undefined;
    const { promise, resolve, reject } = settledBySink();
    const running = dispatcher.begin(
      {
        object: 'storage',
        method,
        input,
        caller: localCaller('in-memory'),
        callId: String(this.#calls),
        timeoutMs: undefined,
      },
      {
        item: (value) => {
          items.push(value);
          onItem();
          return undefined;
        },
        result: resolve,
        failure: reject,
      },
    );
    return {
      result: promise,
      items,
      cancelAtFirst: () => {
        onItem = () => {
          running.cancel(coreError('CALL_CANCELLED', 'the caller left'));
        };
      },
    };
  }
}

function settledBySink(): {
  promise: Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
} {
  let resolve: (value: unknown) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<unknown>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}
