import { mkdir } from 'node:fs/promises';

import { isRpcError } from '@patchbay/objects';

import { rpcServerError } from './errors.js';

/** Makes the state directory. @throws RpcError `STATE_DIRECTORY_UNUSABLE` */
export async function makeStateDirectory(path: string): Promise<void> {
  await usable(path, mkdir(path, { recursive: true, mode: 0o700 }));
}

/** Waits for work on a state directory. @throws RpcError `STATE_DIRECTORY_UNUSABLE` when it fails */
export async function usable<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isRpcError(error)) {
      throw error;
    }
    throw rpcServerError(
      'STATE_DIRECTORY_UNUSABLE',
      `the state directory ${path} cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
