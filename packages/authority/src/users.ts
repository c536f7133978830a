import type { Clock, Log, Principal } from '@patchbay/objects';

import { authorityError } from './errors.js';
import { byName, maxPage, type Page, pageOf } from './page.js';
import type { Planned, RecordChange, Records } from './records.js';
import type { RecordOf } from './record-schemas.js';
import type { Revocations } from './revocations.js';
import type { MadeToken, TokenRequest, Tokens } from './tokens.js';

/** A key of a user's. */
export interface KeyView {
  readonly name: string;
  readonly fingerprint: string;
  readonly loggedInAt: string;
  readonly expiresAt?: string;
}

/** A user as admins see it. */
export interface UserView {
  readonly name: string;
  readonly state: RecordOf<'user'>['state'];
  readonly groups: string[];
  readonly keys: KeyView[];
}

/** The users of the cluster, as admins change them. */
export class Users {
  readonly #parts: {
    readonly records: Records;
    readonly tokens: Tokens;
    readonly revocations: Revocations;
    readonly clock: Clock;
    readonly log: Log;
  };

  constructor(parts: {
    readonly records: Records;
    readonly tokens: Tokens;
    readonly revocations: Revocations;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.#parts = parts;
  }

  /** Lists users, by name. @throws RpcError `RECORD_NOT_FOUND` */
  list(page: Page = { limit: maxPage }): UserView[] {
    const sorted = this.#parts.records.all('user').sort(byName);
    return pageOf(sorted, page).map(([name, user]) => viewOf(name, user));
  }

  /** Adds a user that does not log in here. @throws RpcError `RECORD_EXISTS`, `RECORDS_EXHAUSTED` */
  async add(name: string, groups: readonly string[], by: Principal): Promise<UserView> {
    const { records, log } = this.#parts;
    await records.change(() => ({ changes: [this.#planNew(name, groups)], result: undefined }));
    log.info('user added', { user: name, groups, by });
    return this.find(name);
  }

  /** Makes a user, and the token of its first login, in one commit. @throws RpcError `RECORD_EXISTS` */
  async create(name: string, groups: readonly string[], ttlMs: number, by: Principal): Promise<MadeToken> {
    const { records, tokens, log } = this.#parts;
    const made = await records.change(() => {
      const created = this.#planNew(name, groups);
      const { changes, result } = tokens.plan({ ...loginToken, name, ttlMs, madeBy: by });
      return { changes: [created, ...changes], result };
    });
    log.info('user created', { user: name, groups, tokenId: made.id, by });
    return made;
  }

  /** Disables a user, whose certificates count no more, or enables it again. @throws RpcError `RECORD_NOT_FOUND` */
  async setState(name: string, state: RecordOf<'user'>['state'], by: Principal): Promise<UserView> {
    const { clock, revocations } = this.#parts;
    await this.#change(
      name,
      (user) =>
        user.state === state
          ? user
          : { ...user, state, ...(state === 'active' && { enabledAtMs: clock.now() }) },
      () => revocations.plan({ [state === 'active' ? 'lift' : 'revoke']: [`user:${name}`] }),
    );
    this.#parts.log.warn(state === 'active' ? 'user enabled' : 'user disabled', { user: name, by });
    return this.find(name);
  }

  /** Removes a key, by its name or fingerprint. @throws RpcError `RECORD_NOT_FOUND` */
  async removeKey(name: string, key: string, by: Principal): Promise<UserView> {
    const removed: string[] = [];
    await this.#change(
      name,
      (user) => {
        const keys = user.keys.filter((each) => each.name !== key && each.fingerprint !== key);
        if (keys.length === user.keys.length) {
          throw notFound('key', `user ${name} has no key ${key}; see rpcclient identity.list_users`);
        }
        const gone = user.keys.filter((each) => !keys.includes(each));
        removed.splice(0, Infinity, ...gone.map((each) => each.fingerprint));
        return { ...user, keys };
      },
      () => this.#parts.revocations.plan({ revoke: removed.map((each) => `user:${name} ${each}`) }),
    );
    this.#parts.log.warn('key removed', { user: name, key, by });
    return this.find(name);
  }

  /** Returns a user. @throws RpcError `RECORD_NOT_FOUND` */
  find(name: string): UserView {
    return viewOf(name, this.#get(name));
  }

  #planNew(name: string, groups: readonly string[]): RecordChange {
    const { records, clock } = this.#parts;
    if (records.get('user', name) !== undefined) {
      const way = `rpcclient identity.create_token user ${name} makes another token`;
      throw authorityError('RECORD_EXISTS', `there is a user ${name}; ${way}`, { details: { name } });
    }
    records.checkRoom('user');
    const madeAtMs = clock.now();
    const value: RecordOf<'user'> = { state: 'active', groups: [...groups], keys: [], madeAtMs };
    return { kind: 'user', name, value };
  }

  #change(
    name: string,
    change: (user: RecordOf<'user'>) => RecordOf<'user'>,
    others: () => readonly RecordChange[] = () => [],
  ): Promise<void> {
    return this.#parts.records.change((): Planned<undefined> => {
      const user = this.#get(name);
      const value = change(user);
      const changes: RecordChange[] = value === user ? [] : [{ kind: 'user', name, value }, ...others()];
      return { changes, result: undefined };
    });
  }

  #get(name: string): RecordOf<'user'> {
    const user = this.#parts.records.get('user', name);
    if (user === undefined) {
      throw notFound('user', `there is no user ${name}; see rpcclient identity.list_users`);
    }
    return user;
  }
}

/** What a token for a login is like, whoever it is for. */
export const loginToken: Omit<TokenRequest, 'name' | 'ttlMs' | 'madeBy'> = {
  kind: 'user',
  groups: [],
  labels: {},
  names: [],
  alternativeNames: [],
  needsApproval: false,
  replaces: false,
  uses: 1,
};

function notFound(kind: string, message: string): Error {
  return authorityError('RECORD_NOT_FOUND', message, { details: { kind } });
}

function viewOf(name: string, { state, groups, keys }: RecordOf<'user'>): UserView {
  return {
    name,
    state,
    groups,
    keys: keys.map(({ name: keyName, fingerprint, loggedInAtMs, expiresAtMs }) => ({
      name: keyName,
      fingerprint,
      loggedInAt: new Date(loggedInAtMs).toISOString(),
      ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
    })),
  };
}
