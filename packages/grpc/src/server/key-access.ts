import type { Metadata } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import type { ServerHttp2Session } from 'node:http2';

import { anonymousCaller, type Caller, type Clock } from '@patchbay/objects';
import {
  equalMacs,
  type FindKey,
  formatServerName,
  type ServerName,
  sessionProof,
  signatureHeader,
  signatureInvalid,
  SignedCalls,
  signedServerHeader,
} from '@patchbay/objects/identity';
import type { ClientProof, SessionLimits, SessionVerifier } from '@patchbay/session/server';

import { channelBindingOf } from '../channel-binding.js';
import { farewellMs } from './callers.js';

/** What a server needs so that callers can prove who they are by API keys. */
export interface ApiKeyOptions {
  /** Which server it is: the keys are its own. */
  readonly server: Omit<ServerName, 'startId'>;
  /** Returns a key that counts; asked anew when the policy has changed. */
  readonly find: FindKey;
  /** Called when somebody has proven who it is by a key. */
  readonly onUse?: ((id: string) => void) | undefined;
}

/** A call or a session of somebody who is known by a key. */
export interface KeyedUse {
  readonly id: string;
  readonly caller: Caller;
  /** Ends it, as the key does not count any more. */
  readonly end: () => void;
}

/** A session that a client opens. */
interface OpeningSession {
  readonly connection: ServerHttp2Session | undefined;
  readonly peer: string;
  /** What limits it once it is somebody's. */
  readonly limits: SessionLimits;
  /** Called when it is. */
  readonly onProven: () => void;
  readonly end: () => void;
}

interface KeyAccessOptions extends ApiKeyOptions {
  readonly clock: Clock;
  /** Called when somebody has proven who it is on a connection. */
  readonly onKnown: (connection: ServerHttp2Session) => void;
}

const challengeBytes = 32;
const nobodysKey = new Uint8Array(challengeBytes);

/** Knows callers by their API keys: who opens a session, or has signed a call. */
export class KeyAccess {
  readonly #options: KeyAccessOptions;
  readonly #server: ServerName;
  readonly #signed: SignedCalls;
  readonly #uses = new Set<KeyedUse>();

  constructor(options: KeyAccessOptions) {
    const { find, clock } = options;
    this.#options = options;
    this.#server = { ...options.server, startId: randomBytes(12).toString('base64url') };
    this.#signed = new SignedCalls({ server: this.#server, find, clock });
  }

  /** Returns what checks the proof of a session, and `release`, to be called at its end. */
  verifier(opening: OpeningSession): SessionVerifier & { readonly release: () => void } {
    const { connection, peer, limits, onProven, end } = opening;
    let use: KeyedUse | undefined;
    return {
      server: formatServerName(this.#server),
      challenge: () => randomBytes(challengeBytes),
      verify: (proof) => {
        const binding = connection && channelBindingOf(connection.socket);
        const { key, caller } = this.#check(proof, binding, peer);
        use = this.#add({ id: proof.key, caller, end }, connection);
        onProven();
        const [challenge] = proof.challenges;
        return { caller, limits, proof: sessionProof(key, 'server', { ...proof, challenge, binding }) };
      },
      release: () => {
        this.release(use);
      },
    };
  }

  /** Returns whose signed call this is, until it is released; undefined for one without a signature. @throws RpcError as `SignedCalls` */
  callerOf(
    metadata: Metadata,
    called: { readonly object: string; readonly method: string; readonly request: Buffer },
    { peer, connection }: { readonly peer: string; readonly connection: ServerHttp2Session | undefined },
  ): KeyedUse | undefined {
    const signature = signatureIn(metadata);
    if (signature === undefined) {
      return undefined;
    }
    const server = metadata.get(signedServerHeader).join();
    const { id, caller } = this.#signed.check({ ...called, signature, server, peer });
    return this.#add({ id, caller: { ...caller }, end: () => undefined }, connection);
  }

  release(use: KeyedUse | undefined): void {
    if (use !== undefined) {
      this.#uses.delete(use);
    }
  }

  /** Asks anew what each key allows, as the policy has changed; sessions whose key does not count any more are ended. */
  reidentify(): void {
    for (const { id, caller, end } of this.#uses) {
      const known = this.#options.find(id, caller.peer);
      Object.assign(caller, known?.caller ?? anonymousCaller(caller.peer, signatureInvalid()));
      if (known === undefined) {
        void this.#options.clock.sleep(farewellMs, { background: true }).then(end);
      }
    }
  }

  #check(
    proof: ClientProof,
    binding: Buffer | undefined,
    peer: string,
  ): { readonly key: Uint8Array; readonly caller: Caller } {
    const known = this.#options.find(proof.key, peer);
    const [, challenge] = proof.challenges;
    const expected = sessionProof(known?.key ?? nobodysKey, 'client', { ...proof, challenge, binding });
    if (!equalMacs(proof.proof, expected) || known === undefined) {
      throw signatureInvalid();
    }
    return { key: known.key, caller: { ...known.caller } };
  }

  #add(use: KeyedUse, connection: ServerHttp2Session | undefined): KeyedUse {
    this.#uses.add(use);
    this.#options.onUse?.(use.id);
    if (connection?.destroyed === false) {
      this.#options.onKnown(connection);
    }
    return use;
  }
}

/** Returns the signature in the metadata of a call; undefined where it has none. */
export function signatureIn(metadata: Metadata): string | undefined {
  const found = metadata.get(signatureHeader);
  return found.length === 0 ? undefined : found.join();
}
