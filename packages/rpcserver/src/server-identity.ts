import { join } from 'node:path';

import { type CurrentIdentity, needsRenewal, RenewalLoop, renewIdentity } from '@patchbay/grpc/secure';
import type { ApiKeyOptions, ObjectServer } from '@patchbay/grpc/server';
import type { Clock, Log } from '@patchbay/objects';

import { PolicyFollower } from './policy-follower.js';

/** What a server does for its identity while it runs. */
interface ServerIdentityOptions {
  readonly identity: CurrentIdentity;
  readonly nameServer: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The service that health probes query to learn whether the identity is renewed, and the policy heard of. */
export const identityHealth = 'patchbay.identity';

/** How long a server waits at its start for a certificate in place of one that has ended, in milliseconds. */
const renewalMs = 3_000;

/** Keeps the certificate of a server renewed, and follows who its callers are. */
export class ServerIdentity implements AsyncDisposable {
  readonly policy: PolicyFollower;
  readonly #options: ServerIdentityOptions;
  readonly #renewal: RenewalLoop;
  #server: ObjectServer | undefined;
  #isHeard = true;

  constructor(options: ServerIdentityOptions) {
    const { identity, nameServer, stateDir, clock, log } = options;
    this.#options = options;
    this.policy = PolicyFollower.start({
      ...{ identity, nameServer, clock, log },
      path: join(stateDir, 'policy.json'),
      onChange: () => {
        this.#server?.reidentify();
      },
      onHealth: (isHeard) => {
        this.#isHeard = isHeard;
        this.#report();
      },
    });
    this.#renewal = RenewalLoop.start({
      ...{ identity, clock, log },
      renew: () => renewIdentity(identity, nameServer),
      onHealth: () => {
        this.#report();
      },
    });
  }

  /**
   * Renews a certificate that has ended, or is about to, before anything is asked by it, as where the host was off for
   * long. Takes at most 3 s: the renewal goes on.
   */
  async renewEnded(): Promise<void> {
    const { identity, clock } = this.#options;
    if (needsRenewal(identity.current.certificate, clock.now())) {
      const done = new AbortController();
      const timeUp = clock.sleep(renewalMs, { signal: done.signal }).catch(() => undefined);
      await Promise.race([this.#renewal.renewNow(), timeUp]);
      done.abort();
    }
  }

  /** Returns what lets callers of a server prove who they are by API keys. */
  keysOf(serverId: string): ApiKeyOptions {
    const { cluster, kind, name } = this.#options.identity.current;
    return { server: { cluster, kind, name, serverId }, find: this.policy.findKey };
  }

  /** Takes the server whose callers these are. */
  serve(server: ObjectServer): void {
    this.#server = server;
    this.#report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#renewal[Symbol.asyncDispose]();
    await this.policy[Symbol.asyncDispose]();
  }

  #report(): void {
    this.#server?.setHealth(identityHealth, this.#isHeard && this.#renewal.isHealthy);
  }
}
