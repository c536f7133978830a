import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import {
  type CurrentIdentity,
  secureTransport,
  withAuthority,
  writePrivateFile,
} from '@patchbay/grpc/secure';
import {
  backoffMs,
  type Caller,
  type Clock,
  type IdentityMethods,
  type Log,
  PeriodicTask,
  type PolicyDocument,
  type PolicyEvent,
  type Principal,
} from '@patchbay/objects';
import { type Delegations, policyDocument } from '@patchbay/objects/define';
import {
  ClusterPolicy,
  type FindKey,
  type NamedPrincipal,
  pinOf,
  type UnknownCaller,
} from '@patchbay/objects/identity';
import type { RemoteObject } from '@patchbay/session/client';

import { hostBehind } from './host-behind.js';

/** What a server needs to follow the policy of its cluster. */
export interface PolicyFollowerOptions {
  readonly identity: CurrentIdentity;
  /** The name server's address. */
  readonly nameServer: string;
  /** The file that keeps the last policy, for starts without a name server. */
  readonly path: string;
  /** Called when callers may do something else than before, or are nobody any more. */
  readonly onChange: () => void;
  /** Called when the authority was not heard of for a minute, and when it is again. */
  readonly onHealth: (isHealthy: boolean) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long a policy is good after the last word from an authority, in milliseconds. */
const goodForMs = 24 * 3_600_000;
/** How long an authority may be silent before health says so, in milliseconds: its sign of life comes each minute. */
const silentMs = 130_000;
const retry = { firstMs: 250, maxMs: 5_000, jitter: true };
const lookMs = 10_000;
/** How many revocations are handed over at once. */
const reportedTogether = 100;

/** Follows the policy of a cluster: by the watch of the authority, and from a file until that answers. */
export class PolicyFollower implements Delegations, AsyncDisposable {
  readonly #options: PolicyFollowerOptions;
  readonly #policy: ClusterPolicy;
  readonly #tasks: readonly PeriodicTask[];
  /** When the authority was last heard of: on the monotonic clock. */
  #heardAtMs: number;
  /** The roots that the authority was told are trusted here. */
  #confirmed: readonly string[] = [];
  #isHealthy = true;
  /** What was last told of whether the policy is stale. */
  #toldStale: boolean;

  private constructor(options: PolicyFollowerOptions) {
    this.#options = options;
    const { clock, path, identity } = options;
    const kept = readKept(path, identity.current.cluster);
    this.#policy = new ClusterPolicy(kept?.document ?? emptyPolicy(identity), { now: () => clock.now() });
    const silentForMs = kept === undefined ? Infinity : Math.max(0, clock.now() - kept.heardAtMs);
    this.#heardAtMs = clock.monotonicMs() - silentForMs;
    this.#toldStale = this.#isStale;
    this.#policy.onChange(() => {
      this.#trustRoots();
      options.onChange();
    });
    const shared = { clock, background: true };
    this.#tasks = [
      PeriodicTask.start({
        ...shared,
        run: (signal) => this.#watch(signal),
        onFailure: (error, failures) => {
          options.log.debug('the watch of the policy was interrupted', { error });
          return backoffMs(retry, failures);
        },
      }),
      PeriodicTask.start({ ...shared, run: () => Promise.resolve(this.#look()) }),
    ];
  }

  /** Reads the policy that was kept, and starts to follow. */
  static start(options: PolicyFollowerOptions): PolicyFollower {
    return new PolicyFollower(options);
  }

  /** Returns the caller that a principal is with a key, or why it is none: see `ClusterPolicy`. */
  readonly callerOf = (
    principal: NamedPrincipal,
    fingerprint: string,
    peer: string,
  ): Caller | UnknownCaller =>
    this.#isStale
      ? {
          reason: 'CALLER_UNKNOWN',
          message: `no name server has told this server ${this.#heardAtMs === -Infinity ? 'yet' : 'for 24 h'} who its callers are`,
          isTemporary: true,
        }
      : this.#policy.callerOf(principal, fingerprint, peer);

  /** Returns the caller that a principal is, whose calls `delegate` makes; undefined where it is not known to be active. */
  callerFor(principal: NamedPrincipal, peer: string, delegate: Principal): Caller | undefined {
    return this.#isStale ? undefined : this.#policy.callerFor(principal, peer, delegate);
  }

  /** Reports whether a principal may call on behalf of others: see `ClusterPolicy`. */
  mayDelegate(principal: NamedPrincipal, object: string, method?: string): boolean {
    return !this.#isStale && this.#policy.mayDelegate(principal, object, method);
  }

  /** Returns an API key that counts, and its caller: see `ClusterPolicy`. */
  readonly findKey: FindKey = (id, peer) => (this.#isStale ? undefined : this.#policy.keys.find(id, peer));

  /** Whether the policy is good no more, as no authority was heard of for too long. */
  get #isStale(): boolean {
    return this.#silentForMs > goodForMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.close()));
  }

  /** How long the authority has been silent, in milliseconds. */
  get #silentForMs(): number {
    return this.#options.clock.monotonicMs() - this.#heardAtMs;
  }

  /** Follows until the watch is interrupted. */
  async #watch(signal: AbortSignal): Promise<number> {
    const { identity, nameServer } = this.#options;
    this.#confirmed = [];
    const onBehalfOf = hostBehind(nameServer, identity);
    return await withAuthority(secureTransport({ identity }), nameServer, async (authority) => {
      if (authority.status.cluster !== identity.current.cluster) {
        const { cluster } = authority.status; // made anew: a restart of this server enrols anew
        throw new Error(`the name server is now one of the cluster ${cluster}`);
      }
      const methods = onBehalfOf === undefined ? authority.methods : authority.methods.with({ onBehalfOf });
      for await (const event of methods.with({ timeoutMs: 'none', signal }).watch_policy()) {
        if (event.type === 'document' && (await this.#handOver(event.document, methods))) {
          return 0; // until the policy has them, the one that is in force is the better one
        }
        this.#take(event);
        await this.#confirmRoots(methods);
      }
      return retry.firstMs;
    });
  }

  /** Hands over the revocations that a policy lacks, as that of a backup, and reports whether there were any. */
  async #handOver(document: PolicyDocument, methods: RemoteObject<IdentityMethods>): Promise<boolean> {
    const missing = this.#policy.revocations.missingIn(document);
    const forgotten: string[] = [];
    for (let first = 0; first < missing.length; first += reportedTogether) {
      const some = missing.slice(first, first + reportedTogether);
      forgotten.push(...(await methods.report_revocations(some)));
    }
    this.#policy.revocations.forget(forgotten);
    if (missing.length > forgotten.length) {
      this.#options.log.warn(
        'the authority came back with an older policy, and was told what was revoked since',
        {
          revocations: missing.length - forgotten.length,
        },
      );
    }
    return missing.length > 0;
  }

  /** Confirms to the authority which roots are trusted here, where there are several: a rotation waits for that. */
  async #confirmRoots(methods: RemoteObject<IdentityMethods>): Promise<void> {
    const { identity, log } = this.#options;
    const { name, roots } = identity.current;
    if (roots.length > 1 && roots.join() !== this.#confirmed.join()) {
      try {
        await methods.confirm_roots(
          name,
          roots.map((root) => pinOf(new X509Certificate(root))),
        );
        this.#confirmed = roots;
      } catch (error) {
        log.debug('cannot say which roots are trusted here; trying again with the next sign of life', {
          error,
        });
      }
    }
  }

  #take(event: PolicyEvent): void {
    const { clock, log, path } = this.#options;
    this.#heardAtMs = clock.monotonicMs();
    this.#policy.follow(event);
    this.#noteSilence();
    try {
      const kept: Kept = { heardAtMs: clock.now(), document: this.#policy.document };
      writePrivateFile(path, `${JSON.stringify(kept)}\n`);
    } catch (error) {
      log.warn('cannot keep the policy for the next start', { path, error });
    }
  }

  /** Lets grants end, looks whether the authority is silent, and returns when to look again, in milliseconds. */
  #look(): number {
    this.#policy.expire();
    this.#noteSilence();
    return Math.min(lookMs, Math.max(100, this.#policy.nextEndMs - this.#options.clock.now()));
  }

  /** Reports how long the authority has been silent, where that changes health or makes the policy stale. */
  #noteSilence(): void {
    const { onHealth, onChange } = this.#options;
    const isHealthy = this.#silentForMs < silentMs;
    if (isHealthy !== this.#isHealthy) {
      this.#isHealthy = isHealthy;
      onHealth(isHealthy);
    }
    if (this.#isStale !== this.#toldStale) {
      this.#toldStale = this.#isStale;
      onChange();
    }
  }

  /**
   * Puts the roots of the policy in force, as long as one of them is trusted here, or the name server is on this machine:
   * else this host has to join anew.
   */
  #trustRoots(): void {
    const { identity, nameServer } = this.#options;
    const { roots } = this.#policy;
    const { current } = identity;
    const isTrusted = nameServer.startsWith('unix:') || roots.some((root) => current.roots.includes(root));
    if (isTrusted && roots.length > 0 && roots.join('\n') !== current.roots.join('\n')) {
      identity.replace({ ...current, roots });
    }
  }
}

interface Kept {
  /** When the authority was last heard of, by the wall clock. */
  readonly heardAtMs: number;
  readonly document: PolicyDocument;
}

/** Reads the policy that was kept; undefined where there is none of this cluster that can be read. */
function readKept(path: string, cluster: string): Kept | undefined {
  try {
    const { heardAtMs, document } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept>;
    const parsed = policyDocument.parse(document);
    return typeof heardAtMs === 'number' && parsed.cluster === cluster
      ? { heardAtMs, document: parsed }
      : undefined;
  } catch {
    return undefined; // the authority tells it again
  }
}

function emptyPolicy({ current: { cluster, roots } }: CurrentIdentity): PolicyDocument {
  return { revision: 0, cluster, roots: [...roots], principals: [], grants: [] };
}
