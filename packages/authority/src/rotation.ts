import type { Clock, Log, Principal } from '@patchbay/objects';

import { lifetimesMs } from './certificates.js';
import type { ClusterKey } from './cluster-key.js';
import type { Issuer } from './issuer.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import { nextRootName, pinOfRoot, planRoot, rootIn } from './roots.js';

/** How long before the end of a root the next one is made, in milliseconds: a year. */
export const rotateBeforeMs = 365 * 86_400_000;

/** How long a root is still trusted once another issues, in milliseconds: as long as any certificate lives. */
export const retiredForMs = Math.max(...Object.values(lifetimesMs));

/** How often at least it is looked at whether the next step is due, in milliseconds. */
const lookMs = 3_600_000;

/** A root as admins see it. */
export interface RootView {
  readonly name: string;
  readonly state: RecordOf<'root'>['state'];
  /** The SHA-256 of its public key, as tokens have it. */
  readonly pin: string;
  readonly expiresAt: string;
  /** Until when it is still trusted, where another one issues. */
  readonly trustedUntil?: string;
}

/**
 * How one root takes the place of another. It is `next` first: hosts learn of it, and trust it. When all that live have
 * said so it issues, and hosts renew. The former one is trusted until the last certificate that it issued has ended. Each
 * step is one commit, and what was cut short is resumed by the records.
 */
export class Rotation {
  readonly #parts: {
    readonly records: Records;
    readonly issuer: Issuer;
    readonly key: ClusterKey;
    readonly clock: Clock;
    readonly log: Log;
  };

  constructor(parts: {
    readonly records: Records;
    readonly issuer: Issuer;
    readonly key: ClusterKey;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#parts = parts;
  }

  /** Lists the roots, the oldest first. */
  get roots(): RootView[] {
    return this.#parts.records
      .all('root')
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([name, root]) => {
        const endMs = trustedUntilMs(root);
        return {
          name,
          state: root.state,
          pin: pinOfRoot(root),
          expiresAt: new Date(root.expiresAtMs).toISOString(),
          ...(endMs !== undefined && { trustedUntil: new Date(endMs).toISOString() }),
        };
      });
  }

  /** Lists the hosts that live, and have not said yet that they trust the next root; none where there is no next one. */
  get unconfirmed(): string[] {
    const { records, clock } = this.#parts;
    const next = rootIn(records, 'next');
    return next === undefined
      ? []
      : records
          .all('host')
          .filter(
            ([, { state, confirmedRoot, expiresAtMs = 0 }]) =>
              state === 'active' && expiresAtMs > clock.now() && confirmedRoot !== next.name,
          )
          .map(([name]) => name)
          .sort();
  }

  /**
   * Starts a rotation, unless one is under way.
   *
   * @param force whether the next root is to issue before all hosts have said that they trust it
   * @throws RpcError `CLUSTER_KEY_WRONG`, `CERTIFICATES_NOT_ISSUED`
   */
  async start(by: Principal, force = false): Promise<void> {
    this.#parts.issuer.checkIssues();
    const made = await this.#parts.records.change(() => this.#planNext());
    if (made !== undefined) {
      this.#parts.log.warn('a rotation of the authority began', { root: made, by });
    }
    await this.#issueByNext(force ? by : undefined);
  }

  /**
   * Replaces the root by one that inherits no trust: its private key is known to others. All have to join anew.
   *
   * @throws RpcError `CERTIFICATES_NOT_ISSUED`
   */
  async replaceCompromised(by: Principal): Promise<void> {
    const { records, issuer, key, clock, log } = this.#parts;
    issuer.checkIssues();
    const name = await records.change(async () => {
      const next = nextRootName(records);
      const cluster = records.get('cluster', '')?.id ?? '';
      const made = await planRoot({ cluster, name: next, state: 'issuing', key, nowMs: clock.now() });
      const removed = records
        .all('root')
        .map(([each]) => ({ kind: 'root', name: each, value: undefined }) as const);
      return { changes: [made, ...removed], result: next };
    });
    log.warn('the root of the authority was replaced; all hosts and users have to join anew', {
      root: name,
      by,
    });
  }

  /** Takes in which roots a host trusts, by their pins. */
  async confirm(host: string, pins: readonly string[]): Promise<void> {
    const { records } = this.#parts;
    await records.change((): Planned<undefined> => {
      const next = rootIn(records, 'next');
      const known = records.get('host', host);
      const isNews =
        next !== undefined &&
        known?.state === 'active' &&
        known.confirmedRoot !== next.name &&
        pins.includes(pinOfRoot(next.root));
      const changes: RecordChange[] = isNews
        ? [{ kind: 'host', name: host, value: { ...known, confirmedRoot: next.name } }]
        : [];
      return { changes, result: undefined };
    });
    await this.#issueByNext();
  }

  /** Takes the steps that are due, and returns when to look again, in milliseconds. */
  async advance(): Promise<number> {
    const { records, clock } = this.#parts;
    const issuing = rootIn(records, 'issuing');
    if (issuing !== undefined && issuing.root.expiresAtMs - clock.now() <= rotateBeforeMs) {
      await this.start('local');
    } else {
      await this.#issueByNext();
    }
    await this.#dropRetired();
    const ends = records.all('root').map(([, root]) => trustedUntilMs(root) ?? Infinity);
    return Math.min(lookMs, Math.max(1_000, Math.min(...ends) - clock.now()));
  }

  async #planNext(): Promise<Planned<string | undefined>> {
    const { records, issuer, key, clock } = this.#parts;
    if (rootIn(records, 'next') !== undefined) {
      return { changes: [], result: undefined };
    }
    records.checkRoom('root');
    const name = nextRootName(records);
    const { cluster } = issuer.cluster;
    const before = await issuer.openSigner();
    const made = await planRoot({ cluster, name, state: 'next', key, nowMs: clock.now(), before });
    return { changes: [made], result: name };
  }

  /** Lets the next root issue, if all hosts trust it. @param forcedBy who does not want to wait for them */
  async #issueByNext(forcedBy?: Principal): Promise<void> {
    const { records, clock, log } = this.#parts;
    const name = await records.change((): Planned<string | undefined> => {
      const [next, issuing] = [rootIn(records, 'next'), rootIn(records, 'issuing')];
      if (
        next === undefined ||
        issuing === undefined ||
        (forcedBy === undefined && this.unconfirmed.length > 0)
      ) {
        return { changes: [], result: undefined };
      }
      // What signs no more need not be kept, and is not written.
      const changes: RecordChange[] = [
        { kind: 'root', name: next.name, value: { ...next.root, state: 'issuing' } },
        {
          kind: 'root',
          name: issuing.name,
          value: { ...issuing.root, privateKey: undefined, state: 'trusted', retiredAtMs: clock.now() },
        },
      ];
      return { changes, result: next.name };
    });
    if (name !== undefined) {
      log.warn('the next root of the authority issues', { root: name, ...(forcedBy && { forcedBy }) });
    }
  }

  async #dropRetired(): Promise<void> {
    const { records, clock, log } = this.#parts;
    const dropped = await records.change((): Planned<string[]> => {
      const names = records
        .all('root')
        .filter(([, root]) => (trustedUntilMs(root) ?? Infinity) <= clock.now())
        .map(([name]) => name);
      return { changes: names.map((name) => ({ kind: 'root', name, value: undefined })), result: names };
    });
    for (const root of dropped) {
      log.warn('the former root of the authority is trusted no more', { root });
    }
  }
}

/** Returns until when a root is trusted that issues no more; undefined for another. */
function trustedUntilMs({ state, retiredAtMs, expiresAtMs }: RecordOf<'root'>): number | undefined {
  return state === 'trusted' ? Math.min(expiresAtMs, (retiredAtMs ?? 0) + retiredForMs) : undefined;
}
