import childProcess, { type ChildProcess } from 'node:child_process';
import fs, { type FileHandle, open as openFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

import type { Store } from '@patchbay/store';

import { ControlSocket } from '../../src/targets/tgt/control-socket.js';
import type { Request } from '../../src/targets/tgt/request.js';

/** What stands between the code and whatever it does to the world outside of its process. */
export interface Interceptor {
  /** Performs an effect, or dies first; gives what the effect gives. One that gives no promise is `immediate`. */
  readonly effect: <T>(perform: () => T, how?: 'immediate') => T;
  /** Told of each file that is opened, and each program that is started. */
  readonly opened?: (held: FileHandle | ChildProcess) => void;
}

const fileOperations = ['rm', 'rename', 'link', 'copyFile', 'chmod', 'writeFile', 'mkdir'] as const;
const handleOperations = ['write', 'writev', 'truncate', 'sync', 'datasync', 'chmod', 'writeFile'] as const;
/** What does not change a target. */
const looks: readonly string[] = ['show', 'stat'];
const { O_WRONLY, O_RDWR, O_CREAT } = fs.constants;

/**
 * Lets every effect of this process's code go through an interceptor, each by itself: operations on files, starts and
 * killings of programs, and commands to tgtd. What only reads is no effect: to die before it, or after the effect that
 * was before it, leaves the same. Commits of a store go through `interceptStore`.
 *
 * A program that was started is a second effect right behind its start: who dies there leaves it running.
 *
 * @param anyFile - a file that can be opened, to get at the class of all handles
 * @returns what takes the interceptor away again
 */
export async function interceptEffects(interceptor: Interceptor, anyFile: string): Promise<() => void> {
  const handle = await openFile(anyFile);
  const handles = Object.getPrototypeOf(handle) as object;
  await handle.close();
  const { effect, opened } = interceptor;
  const restore = [
    ...fileOperations.map((name) => replace(fs, name, (perform) => effect(perform))),
    ...handleOperations.map((name) => replace(handles, name, (perform) => effect(perform))),
    replace(fs, 'open', async (perform, [, flags]) => {
      const file = (await (writes(flags) ? effect(perform) : perform())) as FileHandle;
      opened?.(file);
      return file;
    }),
    replace(childProcess, 'spawn', (perform) => {
      const child = effect(perform, 'immediate') as ChildProcess;
      opened?.(child);
      effect(() => undefined, 'immediate');
      return child;
    }),
    replace(process, 'kill', (perform, [, signal]) =>
      signal === 0 ? perform() : effect(perform, 'immediate'),
    ),
    replace(ControlSocket.prototype, 'request', (perform, [request]) =>
      looks.includes((request as Request).op) ? perform() : effect(perform),
    ),
  ];
  syncBuiltinESMExports();
  return () => {
    restore.forEach((each) => {
      each();
    });
    syncBuiltinESMExports();
  };
}

/** Lets the writes of a store, or of all that have it as their prototype, go through an interceptor too. */
export function interceptStore(store: Store, { effect }: Interceptor): void {
  replace(store, 'commit', (perform) => effect(perform));
}

/** Replaces a method; gives what puts it back. */
function replace(
  target: object,
  name: string,
  wrap: (perform: () => unknown, args: unknown[]) => unknown,
): () => void {
  const original = Reflect.get(target, name) as (...args: unknown[]) => unknown;
  Reflect.set(target, name, function (this: unknown, ...args: unknown[]) {
    return wrap(() => original.apply(this, args), args);
  });
  return () => {
    Reflect.set(target, name, original);
  };
}

/** Reports whether a file that is opened with these flags may be made or written. */
function writes(flags: unknown): boolean {
  return typeof flags === 'number'
    ? (flags & (O_WRONLY | O_RDWR | O_CREAT)) !== 0
    : flags !== undefined && flags !== 'r';
}
