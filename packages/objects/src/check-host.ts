import { once } from 'node:events';
import { accessSync, constants, statSync } from 'node:fs';
import { createServer, isIPv6 } from 'node:net';
import { dirname, resolve } from 'node:path';

import { type Address, parseAddress } from './address.js';
import { coreError } from './errors/core-errors.js';
import type { RpcError } from './errors/rpc-error.js';
import { systemErrorText } from './text/system-error.js';

/**
 * Binds an address and releases it at once. Returns the system's error if that fails, undefined if it does not. With
 * `ipv6Only` an IPv6 wildcard leaves the IPv4 addresses to others.
 */
export async function bindFailure(
  { host, port }: Address,
  { ipv6Only = false }: { readonly ipv6Only?: boolean } = {},
): Promise<NodeJS.ErrnoException | undefined> {
  const probe = createServer();
  try {
    await once(probe.listen({ host, port, ipv6Only: ipv6Only && isIPv6(host) }), 'listening');
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  await new Promise((closed) => probe.close(closed));
  return undefined;
}

/**
 * Checks that a server can listen on an address, before costly work is begun for it: it is bound and released. With
 * `anyPort` the host alone is checked, as the port may be in use by the very server that is asked about.
 *
 * @throws RpcError `CONFIG_INVALID`, `LISTEN_FAILED`
 */
export async function checkListenAddress(
  listen: string,
  { anyPort = false }: { readonly anyPort?: boolean } = {},
): Promise<void> {
  const { host, port } = parseAddress(listen);
  const failure = await bindFailure({ host, port: anyPort ? 0 : port });
  if (failure !== undefined) {
    throw listenFailed(listen, failure);
  }
}

const listenAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: '; is another server there?',
  EADDRNOTAVAIL: '; give an address that this host has',
};

/** Makes the error about an address that cannot be listened on. */
export function listenFailed(listen: string, cause: Error): RpcError {
  const text = systemErrorText(cause);
  const { code = /\bE[A-Z_]{3,}\b/.exec(cause.message)?.[0] ?? '' } = cause as NodeJS.ErrnoException;
  return coreError('LISTEN_FAILED', `cannot listen on ${listen}: ${text}${listenAdvice[code] ?? ''}`, {
    cause,
  });
}

/**
 * Returns why this process can neither make nor write a directory, as far as that shows without trying; undefined if
 * nothing speaks against it. With `mayBeReadOnly` an existing one may be on a filesystem that is mounted read-only.
 */
export function directoryTrouble(
  path: string,
  { mayBeReadOnly = false }: { readonly mayBeReadOnly?: boolean } = {},
): NodeJS.ErrnoException | undefined {
  const wanted = resolve(path);
  let nearest = wanted;
  try {
    while (!isThere(nearest)) {
      nearest = dirname(nearest);
    }
    accessSync(`${nearest}/`, constants.W_OK | constants.X_OK); // with the slash, only of a directory
    return undefined;
  } catch (error) {
    const trouble = error as NodeJS.ErrnoException;
    return mayBeReadOnly && trouble.code === 'EROFS' && nearest === wanted ? undefined : trouble;
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
