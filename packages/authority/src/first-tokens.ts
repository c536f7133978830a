import type { Authority } from './authority.js';
import { type MadeToken, tokenLifetimes } from './tokens.js';
import { loginToken } from './users.js';

/** The name of the first user, who is an admin. */
const firstUser = 'admin';

/** The group of the first user. */
const adminGroup = 'admins';

/** What a new cluster begins with. */
export interface FirstTokens {
  /** By which a host enrols under its own name. */
  readonly host: MadeToken;
  /** By which the first admin logs in. */
  readonly admin: MadeToken;
}

/** Reports whether a cluster has its first admin. */
export function hasFirstUser({ records }: Authority): boolean {
  return records.get('user', firstUser) !== undefined;
}

/** Makes the first admin of a new cluster, and the tokens that it begins with. */
export async function makeFirstTokens({ records, tokens, users, grants }: Authority): Promise<FirstTokens> {
  const ttlMs = tokenLifetimes.defaultMs;
  const to = `group:${adminGroup}` as const;
  if (!records.all('grant').some(([, grant]) => grant.to === to)) {
    await grants.add({ to, role: 'admin', objects: '**', methods: '*' }, 'local');
  }
  const admin = await users.create(firstUser, [adminGroup], ttlMs, 'local');
  const rights = { groups: [], labels: {}, names: [], alternativeNames: [] };
  const about = { kind: 'host', name: undefined, needsApproval: false, replaces: false, uses: 1 } as const;
  const host = await tokens.create({ ...about, ...rights, ttlMs, madeBy: 'local' });
  return { host, admin };
}

/** Makes a token by which the first admin logs in anew; undefined where it was removed or disabled. */
export function makeAdminToken({ records, tokens }: Authority): Promise<MadeToken> | undefined {
  return records.get('user', firstUser)?.state === 'active'
    ? tokens.create({
        ...loginToken,
        name: firstUser,
        ttlMs: tokenLifetimes.defaultMs,
        madeBy: 'local',
      })
    : undefined;
}
