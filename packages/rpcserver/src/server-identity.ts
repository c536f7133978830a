import { join } from 'node:path';

import { type CurrentIdentity, RenewalLoop, renewIdentity } from '@patchbay/grpc/secure';
import type { ObjectServer } from '@patchbay/grpc/server';
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

/** Keeps the certificate of a server renewed, and follows who its callers are. */
export class ServerIdentity implements AsyncDisposable {
  readonly policy: PolicyFollower;
  readonly #renewal: RenewalLoop;
  #server: ObjectServer | undefined;
  #isHeard = true;

  constructor({ identity, nameServer, stateDir, clock, log }: ServerIdentityOptions) {
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
