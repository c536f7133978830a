import type { Clock } from '../clock.js';
import type { RpcError } from '../errors/rpc-error.js';
import { equalMacs } from './api-key.js';
import type { Caller } from './caller.js';
import { identityError } from './identity-error.js';
import { Nonces } from './nonces.js';
import { hostOf, type ServerName } from './server-name.js';
import {
  callMac,
  type CallSignature,
  parseSignature,
  signatureWindowSeconds,
  type SignedParts,
} from './signed-call.js';

/** An API key as one server knows it. */
export interface KnownKey {
  /** As `deriveKey` returns it for this server. */
  readonly key: Uint8Array;
  readonly caller: Caller;
}

/** Returns a key that counts, by its id; undefined where there is none. */
export type FindKey = (id: string, peer: string) => KnownKey | undefined;

/** A call that comes with a signature. */
export interface ReceivedCall extends Pick<SignedParts, 'object' | 'method' | 'request'> {
  /** The value of `x-patchbay-auth`. */
  readonly signature: string;
  /** The value of `x-patchbay-server`; empty where there is none. */
  readonly server: string;
  readonly peer: string;
}

/** What checking signatures needs. */
export interface SignedCallsOptions {
  readonly server: ServerName;
  readonly find: FindKey;
  readonly clock: Clock;
  /** How many nonces of one key are kept for each ten minutes. Default: 200,000. */
  readonly maxNonces?: number;
}

/** A key that nobody has, so that unknown ids take as long as known ones. */
const nobodysKey = new Uint8Array(32);

/** Makes the error of whatever is wrong with a key, a proof or a signature: which of them it does not tell. */
export function signatureInvalid(): RpcError {
  return identityError(
    'SIGNATURE_INVALID',
    'the API key, or what was signed or proven with it, does not count here: is the key the right one, and neither removed ' +
      'nor that of a disabled user, and is no proxy in between that ends TLS?',
  );
}

/** Checks the signatures of calls to one server, each of which counts once. */
export class SignedCalls {
  readonly #options: SignedCallsOptions;
  readonly #host: string;
  readonly #run: string;
  readonly #nonces: Nonces;

  constructor(options: SignedCallsOptions) {
    const { server, maxNonces } = options;
    this.#options = options;
    this.#host = hostOf(server);
    this.#run = `${server.serverId}/${server.startId}`;
    // A signature counts from so long before its time until so long after it.
    this.#nonces = new Nonces(2 * signatureWindowSeconds * 1000, maxNonces);
  }

  /**
   * Returns who has signed a call, and by which key.
   *
   * @throws RpcError `CLOCK_SKEWED`, `SERVER_RESTARTED`, `SIGNATURE_INVALID`, `NONCES_EXHAUSTED`
   */
  check({ signature, server, object, method, request, peer }: ReceivedCall): {
    readonly id: string;
    readonly caller: Caller;
  } {
    const { find, clock } = this.#options;
    const read = parseSignature(signature);
    if (read === undefined) {
      throw signatureInvalid();
    }
    this.#checkTime(read);
    if (server !== this.#run) {
      throw identityError(
        'SERVER_RESTARTED',
        `the call was not signed for this run of the server, ${this.#run}: sign it anew for that one (x-patchbay-server)`,
        { details: { server: this.#run } },
      );
    }
    const known = find(read.key, peer);
    const expected = callMac(
      known?.key ?? nobodysKey,
      { host: this.#host, server, object, method, request },
      read,
    );
    if (expected === undefined || !equalMacs(read.mac, expected) || known === undefined) {
      throw signatureInvalid();
    }
    const spent = this.#nonces.spend(read.key, read.nonce, clock.monotonicMs());
    if (spent === 'full') {
      throw identityError(
        'NONCES_EXHAUSTED',
        `the API key ${read.key} has signed as many calls of late as the server can remember; open a session with it instead`,
      );
    }
    if (spent === 'used') {
      throw signatureInvalid();
    }
    return { id: read.key, caller: known.caller };
  }

  #checkTime({ seconds }: CallSignature): void {
    const nowMs = this.#options.clock.now();
    if (Math.abs(nowMs / 1000 - seconds) > signatureWindowSeconds) {
      const [signed, now] = [seconds * 1000, nowMs].map((ms) => new Date(ms).toISOString());
      throw identityError(
        'CLOCK_SKEWED',
        `the call was signed at ${String(signed)}, and the server's clock says ${String(now)}: set the clock that is ` +
          `wrong, by ${String(signatureWindowSeconds)} s at the most`,
        { details: { signed, serverTime: now } },
      );
    }
  }
}
