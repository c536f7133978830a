import type { Clock, Log, PolicyKey, Principal } from '@patchbay/objects';
import { type ApiKey, deriveKey, formatApiKey, makeApiKey } from '@patchbay/objects/identity';

import type { ClusterKey } from './cluster-key.js';
import { authorityError } from './errors.js';
import { keyOf, type Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import type { Revocations } from './revocations.js';

/** How many API keys a user may have. */
export const maxApiKeys = 16;

/** How exactly the last use of a key is known, in milliseconds. */
const useMs = 3_600_000;

/** An API key as it is shown once. */
export interface MadeApiKey {
  readonly id: string;
  /** The key itself. */
  readonly key: string;
}

/** An API key in a list: without its secret. */
export interface ApiKeyView {
  readonly id: string;
  readonly user: string;
  readonly madeBy: string;
  readonly madeAt: string;
  readonly lastUsedAt?: string;
}

/** What API keys are kept with. */
interface ApiKeysOptions {
  readonly records: Records;
  /** Seals the secrets. */
  readonly key: ClusterKey;
  readonly revocations: Revocations;
  readonly clock: Clock;
  readonly log: Log;
}

/** The API keys of users. Their secrets are sealed in the store, and no server is told one. */
export class ApiKeys {
  readonly #options: ApiKeysOptions;
  /** Those that were opened, by their ids. */
  readonly #secrets = new Map<string, string>();

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** Makes a key for a user. @throws RpcError `RECORD_NOT_FOUND`, `RECORDS_EXHAUSTED` */
  async create(user: string, by: Principal): Promise<MadeApiKey> {
    const { records, key: clusterKey, clock, log } = this.#options;
    const key = makeApiKey();
    await records.change(() => {
      if (records.get('user', user) === undefined) {
        const way = `rpcclient identity.create_user ${user} makes it`;
        throw authorityError('RECORD_NOT_FOUND', `there is no user ${user}; ${way}`, {
          details: { kind: 'user' },
        });
      }
      if (this.list(user).length >= maxApiKeys) {
        const message = `user:${user} has ${String(maxApiKeys)} API keys; remove one with rpcclient identity.remove_key`;
        throw authorityError('RECORDS_EXHAUSTED', message, { details: { kind: 'key', limit: maxApiKeys } });
      }
      records.checkRoom('key');
      const value: RecordOf<'key'> = {
        user,
        secret: clusterKey.seal(keyOf({ kind: 'key', name: key.id }), Buffer.from(key.secret)),
        state: 'active',
        madeBy: by,
        madeAtMs: clock.now(),
      };
      return { changes: [{ kind: 'key', name: key.id, value }], result: undefined };
    });
    log.info('API key made', { user, keyId: key.id, by });
    return { id: key.id, key: formatApiKey(key) };
  }

  /** Lists the keys of a user, or of all. */
  list(ofUser?: string): ApiKeyView[] {
    return this.#options.records
      .all('key')
      .filter(([, { user }]) => ofUser === undefined || user === ofUser)
      .sort(([, a], [, b]) => a.madeAtMs - b.madeAtMs)
      .map(([id, { user, madeBy, madeAtMs, lastUsedAtMs }]) => ({
        ...{ id, user, madeBy, madeAt: new Date(madeAtMs).toISOString() },
        ...(lastUsedAtMs !== undefined && { lastUsedAt: new Date(lastUsedAtMs).toISOString() }),
      }));
  }

  /** Removes a key of a user, and reports whether there was such a one. */
  async remove(user: string, id: string, by: Principal): Promise<boolean> {
    const { records, revocations, log } = this.#options;
    const isThere = await records.change(() => {
      if (records.get('key', id)?.user !== user) {
        return { changes: [], result: false };
      }
      const revoked = revocations.plan({ revoke: [`key:${id}`] });
      return { changes: [{ kind: 'key', name: id, value: undefined }, ...revoked], result: true };
    });
    if (isThere) {
      this.#secrets.delete(id);
      log.warn('API key removed', { user, keyId: id, by });
    }
    return isThere;
  }

  /** Notes that a key was used, to the hour. */
  async noteUse(id: string): Promise<void> {
    const { records, clock } = this.#options;
    const hourMs = clock.now() - (clock.now() % useMs);
    if (records.get('key', id)?.lastUsedAtMs === hourMs) {
      return;
    }
    await records.change(() => {
      const record = records.get('key', id);
      const isNoted = record === undefined || record.lastUsedAtMs === hourMs;
      const value = record && { ...record, lastUsedAtMs: hourMs };
      return { changes: isNoted ? [] : [{ kind: 'key', name: id, value }], result: undefined };
    });
  }

  /** Returns keys as they are on a host, and on no other: all, or those of the given ids that there are. */
  derivedFor(host: string, ids?: readonly string[]): PolicyKey[] {
    const { records } = this.#options;
    const cluster = records.get('cluster', '')?.id ?? '';
    const found = ids?.map((id) => [id, records.get('key', id)] as const) ?? records.all('key');
    return found.flatMap(([id, record]) =>
      record === undefined
        ? []
        : {
            id,
            principal: `user:${record.user}` as const,
            key: deriveKey(this.#secretOf(id, record), cluster, host).toString('base64url'),
          },
    );
  }

  #secretOf(id: string, { secret: sealed }: RecordOf<'key'>): ApiKey['secret'] {
    let secret = this.#secrets.get(id);
    if (secret === undefined) {
      secret = this.#options.key.open(keyOf({ kind: 'key', name: id }), sealed).toString();
      this.#secrets.set(id, secret);
    }
    return secret;
  }
}
