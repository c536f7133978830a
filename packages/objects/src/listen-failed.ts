import { coreError } from './errors/core-errors.js';
import type { RpcError } from './errors/rpc-error.js';
import { systemErrorText } from './text/system-error.js';

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
