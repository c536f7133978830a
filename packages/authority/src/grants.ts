import { randomBytes } from 'node:crypto';

import type { Clock, Log, PolicyGrant, Principal } from '@patchbay/objects';

import { authorityError } from './errors.js';
import { byAge, maxPage, type Page, pageOf } from './page.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import type { Revocations } from './revocations.js';

/** A grant as admins see it. */
export interface GrantView {
  readonly id: string;
  readonly to: string;
  readonly role: PolicyGrant['role'];
  readonly objects: string;
  readonly methods: string;
  readonly until?: string;
  readonly madeBy: string;
}

/** How many grants that have ended one commit removes. */
const maxPruned = 50;

interface GrantParts {
  readonly records: Records;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly log: Log;
}

/** Who was granted what. */
export class Grants {
  readonly #parts: GrantParts;

  constructor(parts: GrantParts) {
    this.#parts = parts;
  }

  /** Lists grants that count, the oldest first. @throws RpcError `RECORD_NOT_FOUND` */
  list(page: Page = { limit: maxPage }): GrantView[] {
    const sorted = this.#parts.records.all('grant').sort(byAge);
    return pageOf(sorted, page, (grant) => !this.#hasEnded(grant)).map(([id, grant]) => viewOf(id, grant));
  }

  /**
   * Grants a role, or the right to call on behalf of others, to a host, a user or a group. A grant that is there is returned.
   *
   * @throws RpcError `RECORDS_EXHAUSTED`
   */
  async add(grant: Omit<PolicyGrant, 'id'>, by: Principal): Promise<GrantView> {
    const { records, clock, log } = this.#parts;
    const value = { ...grant, madeBy: by, madeAtMs: clock.now() };
    const [id, made] = await records.change(() => {
      const same = records.all('grant').find(([, each]) => isSame(each, grant));
      if (same !== undefined) {
        return { changes: [], result: same };
      }
      records.checkRoom('grant');
      const name = randomBytes(4).toString('hex');
      const changes: RecordChange[] = [{ kind: 'grant', name, value }, ...this.#pruning()];
      return { changes, result: [name, value] as [string, RecordOf<'grant'>] };
    });
    log.warn('granted', { grant: id, to: grant.to, role: grant.role, objects: grant.objects, by });
    return viewOf(id, made);
  }

  /** Takes a grant back. @throws RpcError `RECORD_NOT_FOUND` */
  async remove(id: string, by: Principal): Promise<GrantView> {
    const { records, revocations, log } = this.#parts;
    const removed = await records.change((): Planned<RecordOf<'grant'>> => {
      const grant = records.get('grant', id);
      if (grant === undefined) {
        throw authorityError(
          'RECORD_NOT_FOUND',
          `there is no grant ${id}; see rpcclient identity.list_grants`,
          {
            details: { kind: 'grant', name: id },
          },
        );
      }
      const revoked = revocations.plan({ revoke: [`grant:${id}`], endsAtMs: grant.untilMs });
      return { changes: [{ kind: 'grant', name: id, value: undefined }, ...revoked], result: grant };
    });
    log.warn('grant revoked', { grant: id, to: removed.to, role: removed.role, by });
    return viewOf(id, removed);
  }

  #pruning(): RecordChange[] {
    return this.#parts.records
      .all('grant')
      .filter(([, grant]) => this.#hasEnded(grant))
      .slice(0, maxPruned)
      .map(([name]) => ({ kind: 'grant', name, value: undefined }));
  }

  #hasEnded({ untilMs = Infinity }: RecordOf<'grant'>): boolean {
    return untilMs <= this.#parts.clock.now();
  }
}

function isSame(a: Omit<PolicyGrant, 'id'>, b: Omit<PolicyGrant, 'id'>): boolean {
  return (
    a.to === b.to &&
    a.role === b.role &&
    a.objects === b.objects &&
    a.methods === b.methods &&
    a.untilMs === b.untilMs
  );
}

function viewOf(id: string, { to, role, objects, methods, untilMs, madeBy }: RecordOf<'grant'>): GrantView {
  return {
    id,
    to,
    role,
    objects,
    methods,
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
    madeBy,
  };
}
