import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

import type { Clock } from '@patchbay/objects';

import { authorityError } from './errors.js';

/** How long a challenge is good for, in milliseconds. */
export const challengeLifetimeMs = 60_000;

/** Draws what enrolments and renewals sign, and knows its own again: nothing is kept for those that never come back. */
export class Challenges {
  readonly #key = randomBytes(32);
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns a challenge for the connection from a peer: time and MAC. */
  make(peer: string): string {
    const time = Math.floor(this.#clock.monotonicMs()).toString(36);
    return `${time}.${this.#mac(time, peer)}`;
  }

  /** @throws RpcError `PROOF_INVALID` unless it was made for that peer at most 60 s ago */
  check(challenge: string, peer: string): void {
    const [time = '', mac = ''] = challenge.split('.', 2);
    const expected = Buffer.from(this.#mac(time, peer));
    const given = Buffer.from(mac);
    const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isOurs || this.#clock.monotonicMs() - Number.parseInt(time, 36) > challengeLifetimeMs) {
      throw authorityError(
        'PROOF_INVALID',
        'the challenge is not one of this connection, or older than 60 s: ask identity.status for another',
      );
    }
  }

  #mac(time: string, peer: string): string {
    return createHmac('sha256', this.#key).update(`${time}\0${peer}`).digest('base64url');
  }
}
