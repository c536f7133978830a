import { once } from 'node:events';

import { type Log, type NameClaim, quoted, systemClock } from '@patchbay/objects';
import { Registration, type Transport } from '@patchbay/session/client';

import { nameServerError } from './errors.js';

/** A name to keep registered, and its owner. */
export interface KeptName {
  readonly nameServer: string;
  /** Dials the name server. */
  readonly transport: Transport;
  readonly serverId: string;
  /** `host:port` as clients dial it. */
  readonly address: string;
  readonly claim: NameClaim;
  /** How long the name outlives this process, in milliseconds. */
  readonly ttlMs: number;
  readonly log: Log;
}

/** Keeps a name registered until the signal aborts, and gives it back. @throws RpcError `NAME_LOST` when it is taken away */
export async function keepName({ claim, ...owner }: KeptName, signal: AbortSignal): Promise<void> {
  const lost = new AbortController();
  const registration = Registration.start({
    ...owner,
    claims: [claim],
    onLost: () => {
      lost.abort();
    },
    clock: systemClock,
  });
  try {
    const over = AbortSignal.any([signal, lost.signal]);
    if (!over.aborted) {
      await once(over, 'abort');
    }
  } finally {
    await registration[Symbol.asyncDispose]();
  }
  if (lost.signal.aborted) {
    throw nameServerError(
      'NAME_LOST',
      `the name ${quoted(claim.name)} was taken away; register it again to have it back`,
    );
  }
}
