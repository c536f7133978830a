import { z } from 'zod';

import type { Caller } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';
import { fingerprintOf } from '@patchbay/objects/identity';
import { type ConnectToOptions, connectOver, type ObjectClient } from '@patchbay/session/client';
import { createPublicKey } from 'node:crypto';

import { CurrentIdentity, type Identity, secureTransport, type Trust } from '../../src/secure/index.js';
import type { CallerOfKey } from '../../src/secure/peer-identity.js';
import { type SampleOptions, type SampleServer, startSample } from '../sample.js';

/** What the object `mirror` does. */
export interface Mirror {
  who: { readonly args: readonly []; readonly result: string; readonly item: never };
  wait: { readonly args: readonly []; readonly result: string; readonly item: never };
  read: { readonly args: readonly []; readonly result: string; readonly item: never };
}

export const mirror = defineObject({
  summary: 'A mirror',
  methods: {
    who: method({
      summary: 'Return who calls',
      access: 'open',
      returns: z.string(),
      run: ({ caller }) => caller.principal,
    }),
    wait: method({
      summary: 'Wait until cancelled',
      access: 'open',
      returns: z.string(),
      run: ({ signal }) =>
        new Promise<string>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    }),
    hold: method({
      summary: 'Wait until cancelled, if one may look',
      access: 'view',
      returns: z.string(),
      run: ({ signal }) =>
        new Promise<string>((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    }),
    read: method({ summary: 'Needs a role', access: 'view', returns: z.string(), run: () => 'seen' }),
  },
});

const viewer: Caller['roles'] = [{ role: 'viewer', objects: '**', methods: '*' }];

/** A policy that a test changes: by principals, the fingerprints of their keys. */
export class TestPolicy {
  readonly keys = new Map<string, string>();
  roles: Caller['roles'] = viewer;

  /** Lets somebody in by the key of an identity. */
  add({ kind, name, privateKey }: Pick<Identity, 'kind' | 'name' | 'privateKey'>): void {
    this.keys.set(`${kind}:${name}`, fingerprintOf(createPublicKey(privateKey)));
  }

  readonly callerOf: CallerOfKey = (principal, fingerprint, peer) =>
    this.keys.get(principal) === fingerprint
      ? { peer, principal, groups: [], roles: this.roles }
      : { reason: 'CERTIFICATE_REVOKED', message: `${principal} was revoked` };
}

/** Serves a mirror over TLS. */
export async function startMirror(
  identity: Identity | CurrentIdentity,
  policy: TestPolicy,
  options: SampleOptions = {},
): Promise<SampleServer> {
  return startSample({
    objects: { mirror },
    identity: identity instanceof CurrentIdentity ? identity : new CurrentIdentity(identity),
    callerOf: policy.callerOf,
    ...options,
  });
}

/** Connects to a server over TLS. */
export function connectTls(
  address: string,
  identity: CurrentIdentity | Trust,
  options: ConnectToOptions = {},
): ObjectClient {
  return connectOver(secureTransport({ identity }), address, options);
}
