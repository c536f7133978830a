import { join } from 'node:path';

import {
  type CurrentIdentity,
  needsRenewal,
  PkiIdentity,
  readPkiIdentity,
  RenewalLoop,
  renewIdentity,
  type TlsFiles,
} from '@patchbay/grpc/secure';
import type { ApiKeyOptions, ObjectServer } from '@patchbay/grpc/server';
import type { Clock, Log } from '@patchbay/objects';

import { PolicyFollower } from './policy-follower.js';

/** What a server does for its identity while it runs. */
interface ServerIdentityOptions {
  readonly identity: CurrentIdentity | undefined;
  /** The files of a PKI of one's own, which take precedence. */
  readonly tls: TlsFiles | undefined;
  readonly nameServer: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** The service that health probes query to learn whether the identity is renewed, and the policy heard of. */
export const identityHealth = 'patchbay.identity';

/** How long a server waits at its start for a certificate in place of one that has ended, in milliseconds. */
const renewalMs = 3_000;
/** Returns the host that files of a PKI of one's own name. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
export function hostOf(tls: TlsFiles): string {
  return readPkiIdentity(tls, ['host'], Date.now()).name;
}

/** Keeps the certificate of a server renewed, and follows who its callers are. */
export class ServerIdentity implements AsyncDisposable {
  readonly identity: CurrentIdentity;
  readonly policy: PolicyFollower;
  readonly #clock: Clock;
  readonly #renewal: RenewalLoop;
  readonly #pki: PkiIdentity | undefined;
  readonly #stop: () => void;
  #server: ObjectServer | undefined;
  #isHeard = true;

  private constructor(
    identity: CurrentIdentity,
    pki: PkiIdentity | undefined,
    { nameServer, stateDir, clock, log }: ServerIdentityOptions,
  ) {
    this.identity = identity;
    this.#clock = clock;
    this.#pki = pki;
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
      renew: pki === undefined ? () => renewIdentity(identity, nameServer) : () => pki.renew(),
      onHealth: () => {
        this.#report();
      },
    });
    this.#stop = identity.onChange(() => {
      this.#server?.reidentify(); // whose root is trusted no more
    });
  }

  /**
   * Starts to, if the server has an identity.
   *
   * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` for files of a PKI of one's own that cannot be used
   */
  static start(options: ServerIdentityOptions): ServerIdentity | undefined {
    const { tls, clock, log } = options;
    const pki = tls && PkiIdentity.open(tls, { kinds: ['host'], clock, log });
    const identity = pki ?? options.identity;
    return identity && new ServerIdentity(identity, pki, options);
  }

  /** Reads the files of a PKI of one's own again, if it has any. @throws RpcError as `start` */
  reload(): void {
    this.#pki?.reload();
  }

  /**
   * Renews a certificate that has ended, or is about to, before anything is asked by it, as where the host was off for
   * long. Takes at most 3 s: the renewal goes on.
   */
  async renewEnded(): Promise<void> {
    const clock = this.#clock;
    if (needsRenewal(this.identity.current.certificate, clock.now())) {
      const done = new AbortController();
      const timeUp = clock.sleep(renewalMs, { signal: done.signal }).catch(() => undefined);
      await Promise.race([this.#renewal.renewNow(), timeUp]);
      done.abort();
    }
  }

  /** Returns what lets callers of a server prove who they are by API keys. */
  keysOf(serverId: string): ApiKeyOptions {
    const { cluster, kind, name } = this.identity.current;
    return { server: { cluster, kind, name, serverId }, find: this.policy.findKey };
  }

  /** Takes the server whose callers these are. */
  serve(server: ObjectServer): void {
    this.#server = server;
    this.#report();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#pki?.[Symbol.asyncDispose]();
    await this.#renewal[Symbol.asyncDispose]();
    await this.policy[Symbol.asyncDispose]();
  }

  #report(): void {
    this.#server?.setHealth(identityHealth, this.#isHeard && this.#renewal.isHealthy);
  }
}
