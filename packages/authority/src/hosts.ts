import type { Clock, Log, Principal } from '@patchbay/objects';

import type { Attempts } from './attempts.js';
import { changedEntries, type EntryChanges } from './entries.js';
import { authorityError } from './errors.js';
import { byName, maxPage, type Page, pageOf } from './page.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import type { Revocations } from './revocations.js';
import { isFollowed, rootIn } from './roots.js';
import { type MadeToken, tokenLifetimes, type Tokens } from './tokens.js';

/** What an approval gives beside what the token gave. */
export interface Approval {
  readonly groups?: readonly string[] | undefined;
  readonly names?: readonly string[] | undefined;
  readonly alternativeNames?: readonly string[] | undefined;
}

/** A host as admins see it. */
export interface HostView {
  readonly name: string;
  readonly state: RecordOf<'host'>['state'];
  readonly groups: string[];
  readonly labels: Record<string, string>;
  readonly names: string[];
  readonly fingerprint: string;
  readonly enrolledAt: string;
  readonly expiresAt?: string;
  /** When it last enrolled or renewed. */
  readonly lastSeenAt?: string;
  /** That its certificate ends soon, or that another key wanted its name. */
  readonly problem?: string;
}

/** Below which part of its life a certificate that was not renewed is a problem. */
const lateShare = 6;

/** The hosts of the cluster, as admins change them. */
export class Hosts {
  readonly #parts: {
    readonly records: Records;
    readonly tokens: Tokens;
    readonly attempts: Attempts;
    readonly revocations: Revocations;
    readonly clock: Clock;
    readonly log: Log;
  };

  constructor(parts: {
    readonly records: Records;
    readonly tokens: Tokens;
    readonly attempts: Attempts;
    readonly revocations: Revocations;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#parts = parts;
  }

  /** Lists hosts, by name. @throws RpcError `RECORD_NOT_FOUND` */
  list(page: Page = { limit: maxPage }): HostView[] {
    const sorted = this.#parts.records.all('host').sort(byName);
    return pageOf(sorted, page).map(([name, host]) => this.#view(name, host));
  }

  /** Returns a host. @throws RpcError `RECORD_NOT_FOUND` */
  find(name: string): HostView {
    return this.#view(name, this.#get(name));
  }

  /**
   * Adds a host that does not enrol here, or takes back one that was revoked. No key is listed with it: its certificate
   * counts where the roots vouch for it.
   *
   * @throws RpcError `RECORD_EXISTS`, `RECORDS_EXHAUSTED`
   */
  async add(
    name: string,
    given: Approval & { readonly labels: EntryChanges },
    by: Principal,
  ): Promise<HostView> {
    const { records, revocations, clock, log } = this.#parts;
    await records.change((): Planned<undefined> => {
      const known = records.get('host', name);
      if (known?.state === 'active' || known?.state === 'pending') {
        const message = `there is a host ${name}, which is ${known.state}; see rpcclient identity.list_hosts`;
        throw authorityError('RECORD_EXISTS', message, { details: { name } });
      }
      if (known === undefined) {
        records.checkRoom('host');
      }
      const value: RecordOf<'host'> = {
        state: 'active',
        fingerprints: [],
        groups: union(known?.groups ?? [], given.groups),
        labels: changedEntries(known?.labels ?? {}, given.labels),
        names: union(known?.names ?? [], given.names),
        alternativeNames: union(known?.alternativeNames ?? [], given.alternativeNames),
        enrolledAtMs: clock.now(),
      };
      const revoked = revocations.plan({
        revoke: (known?.fingerprints ?? []).map((each) => `host:${name} ${each}`),
        lift: [`host:${name}`],
      });
      return { changes: [{ kind: 'host', name, value }, ...revoked], result: undefined };
    });
    log.info('host added', { host: name, by });
    return this.find(name);
  }

  /**
   * Approves a host that waits, by the fingerprint of its key.
   *
   * @throws RpcError `RECORD_NOT_FOUND`, `HOST_NOT_PENDING`, `FINGERPRINT_DIFFERS`
   */
  async approve(name: string, fingerprint: string, approval: Approval, by: Principal): Promise<HostView> {
    await this.#change(name, (host) => {
      checkFingerprint(name, host, fingerprint);
      if (host.state === 'active') {
        return host; // approved before: the answer may have been lost
      }
      checkPending(name, host);
      return {
        ...host,
        state: 'active',
        groups: union(host.groups, approval.groups),
        names: union(host.names, approval.names),
        alternativeNames: union(host.alternativeNames, approval.alternativeNames),
        approvedBy: by,
        approvedAtMs: this.#parts.clock.now(),
      };
    });
    this.#parts.log.info('host approved', { host: name, fingerprint, by });
    return this.find(name);
  }

  /** Rejects a host that waits. @throws RpcError `RECORD_NOT_FOUND`, `HOST_NOT_PENDING` */
  async reject(name: string, by: Principal): Promise<HostView> {
    await this.#change(name, (host) => {
      if (host.state !== 'rejected') {
        checkPending(name, host);
      }
      return { ...host, state: 'rejected' };
    });
    this.#parts.log.info('host rejected', { host: name, by });
    return this.find(name);
  }

  /** Revokes a host: its certificates count no more. @throws RpcError `RECORD_NOT_FOUND` */
  async revoke(name: string, by: Principal): Promise<HostView> {
    const { revocations } = this.#parts;
    await this.#change(
      name,
      (host) => ({ ...host, state: 'revoked' }),
      () => revocations.plan({ revoke: [`host:${name}`] }),
    );
    this.#parts.log.warn('host revoked', { host: name, by });
    return this.find(name);
  }

  /** Sets (a text) or removes (undefined) labels of a host. @throws RpcError `RECORD_NOT_FOUND` */
  async setLabels(name: string, changes: EntryChanges): Promise<HostView> {
    await this.#change(name, (host) => ({ ...host, labels: changedEntries(host.labels, changes) }));
    return this.find(name);
  }

  /** Makes a token by which the machine of that name enrols with another key. @throws RpcError `RECORD_NOT_FOUND` */
  async replace(name: string, by: Principal, ttlMs: number = tokenLifetimes.defaultMs): Promise<MadeToken> {
    const { records, tokens, log } = this.#parts;
    const made = await records.change((): Planned<MadeToken> => {
      const { groups, labels, names, alternativeNames } = this.#get(name);
      const rights = { groups, labels, names, alternativeNames };
      return tokens.plan({
        ...rights,
        kind: 'host',
        name,
        needsApproval: false,
        replaces: true,
        uses: 1,
        madeBy: by,
        ttlMs,
      });
    });
    log.info('token made to replace a host', { host: name, tokenId: made.id, by });
    return made;
  }

  #change(
    name: string,
    change: (host: RecordOf<'host'>) => RecordOf<'host'>,
    others: () => readonly RecordChange[] = () => [],
  ): Promise<void> {
    return this.#parts.records.change((): Planned<undefined> => {
      const host = this.#get(name);
      const value = change(host);
      const changes: RecordChange[] = value === host ? [] : [{ kind: 'host', name, value }, ...others()];
      return { changes, result: undefined };
    });
  }

  #get(name: string): RecordOf<'host'> {
    const host = this.#parts.records.get('host', name);
    if (host === undefined) {
      throw authorityError(
        'RECORD_NOT_FOUND',
        `there is no host ${name}; see rpcclient identity.list_hosts`,
        {
          details: { kind: 'host', name },
        },
      );
    }
    return host;
  }

  #view(name: string, host: RecordOf<'host'>): HostView {
    const { state, groups, labels, names, fingerprints, enrolledAtMs, expiresAtMs, issuedAtMs } = host;
    const problem = this.#problem(name, host);
    return {
      name,
      state,
      groups,
      labels,
      names,
      fingerprint: fingerprints[0] ?? '',
      enrolledAt: new Date(enrolledAtMs).toISOString(),
      ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
      ...(issuedAtMs !== undefined && { lastSeenAt: new Date(issuedAtMs).toISOString() }),
      ...(problem !== undefined && { problem }),
    };
  }

  #problem(
    name: string,
    { state, expiresAtMs, issuedAtMs, root = '1', fingerprints, confirmedRoot }: RecordOf<'host'>,
  ): string | undefined {
    const { attempts, records } = this.#parts;
    const attempt = attempts.lastOf(name);
    if (attempt !== undefined) {
      const at = new Date(attempt.atMs).toISOString();
      return `the key ${attempt.fingerprint} wanted its name at ${at}, from ${attempt.peer}`;
    }
    const taken = records.get('revocation', `host:${name}`);
    if (state === 'revoked' && taken?.takenFrom !== undefined) {
      return `revoked again: ${taken.takenFrom} had seen that, and this store is older, as from a backup`;
    }
    if (state !== 'active' || expiresAtMs === undefined || issuedAtMs === undefined) {
      return undefined;
    }
    if (fingerprints.length === 0 || !isFollowed(records, root)) {
      return `it has to join anew: rpcclient identity.replace_host ${name} makes the token`;
    }
    const leftMs = expiresAtMs - this.#parts.clock.now();
    if (leftMs <= 0) {
      return 'its certificate has ended';
    }
    const next = rootIn(records, 'next');
    if (next !== undefined && confirmedRoot !== next.name) {
      return 'it has not said yet that it trusts the next root of the authority';
    }
    return leftMs < (expiresAtMs - issuedAtMs) / lateShare ? 'its certificate ends soon' : undefined;
  }
}

function checkPending(name: string, { state }: RecordOf<'host'>): void {
  if (state !== 'pending') {
    throw authorityError('HOST_NOT_PENDING', `host:${name} does not wait for approval: it is ${state}`, {
      details: { name, state },
    });
  }
}

function checkFingerprint(name: string, { fingerprints }: RecordOf<'host'>, fingerprint: string): void {
  if (!fingerprints.includes(fingerprint)) {
    const message = `host:${name} has the key ${fingerprints.join(', ')}, not ${fingerprint}: compare it with what rpcserver join printed there`;
    throw authorityError('FINGERPRINT_DIFFERS', message, { details: { name } });
  }
}

function union(before: readonly string[], added: readonly string[] = []): string[] {
  return [...new Set([...before, ...added])];
}
