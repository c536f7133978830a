import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type Clock, type Log, type ObjectContext, type ObjectDefinition } from '@patchbay/core';

import { rpcServerError } from './errors.js';

/** Makes one object of a server, which has given it a context. */
export type MakeObject = (context: ObjectContext) => ObjectDefinition | Promise<ObjectDefinition>;

/** Makes the state directory. @throws RpcError `STATE_DIRECTORY_UNUSABLE` */
export async function makeStateDirectory(path: string): Promise<void> {
  await usable(path, mkdir(path, { recursive: true, mode: 0o700 }));
}

/** Waits for work on a state directory. @throws RpcError `STATE_DIRECTORY_UNUSABLE` when it fails */
export async function usable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw rpcServerError(
      'STATE_DIRECTORY_UNUSABLE',
      `the state directory ${path} cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** Gives an object, made where it is a function that makes one. */
export async function makeObject(
  name: string,
  object: ObjectDefinition | MakeObject,
  server: {
    readonly stateDir: string;
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
  },
): Promise<ObjectDefinition> {
  if (typeof object !== 'function') {
    return object;
  }
  // Encoded, so that the directory of `a/b` is not within that of `a`.
  const stateDir = join(server.stateDir, 'objects', encodeURIComponent(name));
  await makeStateDirectory(stateDir);
  const { clock, signal } = server;
  return object({ name, clock, signal, stateDir, log: server.log.child({ object: name }) });
}

/** Closes objects in the reverse order of their making; one that fails does not keep the others open. */
export async function closeAll(objects: readonly ObjectDefinition[], log: Log): Promise<void> {
  for (const object of [...objects].reverse()) {
    try {
      await object.close?.();
    } catch (error) {
      log.error('an object could not be closed', { error });
    }
  }
}
