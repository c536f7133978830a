import type { Clock, Log, PolicyRevocation, Principal } from '@patchbay/objects';

import type { ClusterKey } from './cluster-key.js';
import { maxRecords, type Planned, type RecordChange, type Records } from './records.js';
import type { RecordOf } from './record-schemas.js';

/** How long after its end what was revoked is still remembered, in milliseconds: longer than backups of use are old. */
const keptMs = 400 * 86_400_000;

/** How many of those one commit removes. */
const maxPruned = 10;

/** How many revocations one commit takes over. */
const takenTogether = 25;

/** A revocation that this store did not know, as admins see it. */
export interface TakenRevocation {
  /** As that of a `PolicyRevocation`. */
  readonly what: string;
  readonly revokedAt: string;
  /** Who had seen it. */
  readonly from: string;
  readonly takenAt: string;
}

/** What is revoked, and what is allowed again: as in a `PolicyRevocation`. */
export interface RevocationPlan {
  readonly revoke?: readonly string[];
  readonly lift?: readonly string[];
  readonly endsAtMs?: number | undefined;
}

/** What a revocation changes. */
interface Outcome {
  /** Whether it has been allowed again since. */
  readonly isLifted: boolean;
  readonly changes: readonly RecordChange[];
}

const nothing: Outcome = { isLifted: false, changes: [] };
const lifted: Outcome = { isLifted: true, changes: [] };

/**
 * What was revoked, kept apart from what it was revoked from. Servers are told, keep it, and hand it to an authority whose
 * store is older than that, as from a backup: so no backup lifts a revocation.
 */
export class Revocations {
  readonly #parts: {
    readonly records: Records;
    readonly key: ClusterKey;
    readonly clock: Clock;
    readonly log: Log;
  };

  constructor(parts: {
    readonly records: Records;
    readonly key: ClusterKey;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#parts = parts;
  }

  /** Lists the revocations that were taken over from servers, the last first. */
  get taken(): TakenRevocation[] {
    return this.#parts.records
      .all('revocation')
      .flatMap(([what, { atMs, takenFrom, takenAtMs = 0 }]) =>
        takenFrom === undefined ? [] : [{ what, atMs, takenFrom, takenAtMs }],
      )
      .sort((a, b) => b.takenAtMs - a.takenAtMs)
      .map(({ what, atMs, takenFrom, takenAtMs }) => ({
        what,
        revokedAt: new Date(atMs).toISOString(),
        from: takenFrom,
        takenAt: new Date(takenAtMs).toISOString(),
      }));
  }

  /**
   * Plans what is revoked, and what is allowed again.
   *
   * @param endsAtMs when what is revoked would have ended by itself. Default: never
   */
  plan({ revoke = [], lift = [], endsAtMs }: RevocationPlan): RecordChange[] {
    const { records, clock } = this.#parts;
    const value = { atMs: clock.now(), ...(endsAtMs !== undefined && { endsAtMs }) };
    const values = new Map<string, RecordOf<'revocation'> | undefined>([
      ...(revoke.length === 0 ? [] : this.#outdated(revoke)).map((what) => [what, undefined] as const),
      ...lift
        .filter((what) => records.get('revocation', what) !== undefined)
        .map((what) => [what, undefined] as const),
      ...revoke.map((what) => [what, value] as const),
    ]);
    return [...values].map(([name, each]) => ({ kind: 'revocation', name, value: each }));
  }

  /** Returns a revocation as servers are told of it, with the proof that it is one. */
  readonly published = (what: string, { atMs }: RecordOf<'revocation'>): PolicyRevocation => ({
    what,
    atMs,
    proof: this.#parts.key.prove(textOf(what, atMs)),
  });

  /**
   * Takes over revocations that a server has seen, where this store does not know them.
   *
   * @returns those that count no more, which the server may forget: lifted since, or no revocations of this authority
   */
  async takeOver(seen: readonly PolicyRevocation[], from: Principal): Promise<string[]> {
    const { key } = this.#parts;
    const proven = seen.filter(({ what, atMs, proof }) => key.isProof(textOf(what, atMs), proof));
    const forgotten = seen.filter((each) => !proven.includes(each)).map(({ what }) => what);
    for (let first = 0; first < proven.length; first += takenTogether) {
      forgotten.push(...(await this.#takeSome(proven.slice(first, first + takenTogether), from)));
    }
    return forgotten;
  }

  async #takeSome(seen: readonly PolicyRevocation[], from: Principal): Promise<string[]> {
    const { records, clock, log } = this.#parts;
    const { taken, forgotten } = await records.change(() => {
      const news = seen.filter(({ what }) => records.get('revocation', what) === undefined);
      const changes = new Map<string, RecordChange>();
      const result = { taken: [] as string[], forgotten: [] as string[] };
      for (const { what, atMs } of news) {
        const { isLifted, changes: own } = outcomeOf(what, atMs, (kind, name) => {
          const change = changes.get(`${kind}/${name}`);
          return (change === undefined ? records.get(kind, name) : change.value) as never;
        });
        if (isLifted) {
          result.forgotten.push(what);
          continue;
        }
        const value = { atMs, takenFrom: from, takenAtMs: clock.now() };
        for (const change of [...own, { kind: 'revocation', name: what, value } as const]) {
          changes.set(`${change.kind}/${change.name}`, change);
        }
        result.taken.push(what);
      }
      return { changes: [...changes.values()], result } satisfies Planned<typeof result>;
    });
    for (const what of taken) {
      log.warn('took over a revocation that this store did not know: it is older, as from a backup', {
        what,
        from,
      });
    }
    return forgotten;
  }

  /** Returns what can come back from no backup of use, and, where there is no room, what was revoked first. */
  #outdated(added: readonly string[]): string[] {
    const { records, clock } = this.#parts;
    const all = records.all('revocation');
    const ended = all.filter(([, { endsAtMs = Infinity }]) => endsAtMs + keptMs <= clock.now());
    const surplus = Math.max(0, all.length + added.length - maxRecords.revocation);
    const oldest = surplus === 0 ? [] : all.sort(([, a], [, b]) => a.atMs - b.atMs).slice(0, surplus);
    return [...ended.slice(0, maxPruned), ...oldest].map(([what]) => what);
  }
}

type Find = <K extends 'host' | 'user' | 'grant' | 'token' | 'key'>(
  kind: K,
  name: string,
) => RecordOf<K> | undefined;

/** Returns what a revocation of a time changes in records that do not know it. */
function outcomeOf(what: string, atMs: number, find: Find): Outcome {
  const [subject = '', fingerprint] = what.split(' ', 2);
  const at = subject.indexOf(':');
  const [kind, name] = [subject.slice(0, at), subject.slice(at + 1)];
  switch (kind) {
    case 'host':
      return hostOutcome(name, fingerprint, atMs, find('host', name));
    case 'user':
      return userOutcome(name, fingerprint, atMs, find('user', name));
    case 'grant':
    case 'token':
    case 'key':
      return find(kind, name) === undefined
        ? nothing
        : { isLifted: false, changes: [{ kind, name, value: undefined }] };
    default:
      return nothing; // of a later version
  }
}

function hostOutcome(
  name: string,
  fingerprint: string | undefined,
  atMs: number,
  host: RecordOf<'host'> | undefined,
): Outcome {
  if (host === undefined || (fingerprint !== undefined && !host.fingerprints.includes(fingerprint))) {
    return nothing;
  }
  if (host.enrolledAtMs > atMs) {
    return lifted;
  }
  const value: RecordOf<'host'> =
    fingerprint === undefined
      ? { ...host, state: 'revoked' }
      : { ...host, fingerprints: host.fingerprints.filter((each) => each !== fingerprint) };
  return { isLifted: false, changes: [{ kind: 'host', name, value }] };
}

function userOutcome(
  name: string,
  fingerprint: string | undefined,
  atMs: number,
  user: RecordOf<'user'> | undefined,
): Outcome {
  const key = user?.keys.find((each) => each.fingerprint === fingerprint);
  if (user === undefined || (fingerprint !== undefined && key === undefined)) {
    return nothing;
  }
  const allowedAtMs = key === undefined ? (user.enabledAtMs ?? user.madeAtMs) : key.loggedInAtMs;
  if (allowedAtMs > atMs) {
    return lifted;
  }
  const value: RecordOf<'user'> =
    key === undefined
      ? { ...user, state: 'disabled' }
      : { ...user, keys: user.keys.filter((each) => each !== key) };
  return { isLifted: false, changes: [{ kind: 'user', name, value }] };
}

function textOf(what: string, atMs: number): string {
  return `revocation\n${what}\n${String(atMs)}`;
}
