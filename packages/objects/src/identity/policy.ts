import { compileGlob, type Glob } from '../text/glob.js';
import { type Access, accessLevels } from './access.js';
import type { Caller, Grant, Role } from './caller.js';

/** How high each level is, and what each role reaches. */
export const rankOf = Object.fromEntries(accessLevels.map((access, rank) => [access, rank])) as Readonly<
  Record<Access, number>
>;
const rankOfRole: Readonly<Record<Role, number>> = {
  viewer: rankOf.view,
  operator: rankOf.operate,
  admin: rankOf.administer,
};

interface CompiledGrant {
  readonly rank: number;
  readonly objects: Glob;
  readonly methods: Glob;
}

/** What grants amount to: the rank of their highest role for each method of each object. */
class Policy {
  /** The rank that they have everywhere. */
  readonly everywhere: number = rankOf.open;
  readonly #grants: readonly CompiledGrant[];
  /** By object and method, of methods that exist: their number is bounded, unlike that of names that callers make up. */
  readonly #known = new Map<string, Map<string, number>>();

  constructor(grants: readonly Grant[]) {
    this.#grants = grants.map(({ role, objects, methods }) => ({
      rank: rankOfRole[role],
      objects: compileGlob(objects),
      methods: compileGlob(methods),
    }));
    for (const { role, objects, methods } of grants) {
      if (objects === '**' && (methods === '*' || methods === '**')) {
        this.everywhere = Math.max(this.everywhere, rankOfRole[role]);
      }
    }
  }

  /** Returns the rank for a method that may not exist. */
  rank(object: string, method: string): number {
    let highest = this.everywhere;
    for (const { rank, objects, methods } of this.#grants) {
      if (rank > highest && objects.matches(object) && methods.matches(method)) {
        highest = rank;
      }
    }
    return highest;
  }

  /** Returns the rank for a method that exists, and keeps it. */
  knownRank(object: string, method: string): number {
    let methods = this.#known.get(object);
    if (methods === undefined) {
      methods = new Map();
      this.#known.set(object, methods);
    }
    let rank = methods.get(method);
    if (rank === undefined) {
      rank = this.rank(object, method);
      methods.set(method, rank);
    }
    return rank;
  }
}

/** Each compiled once: callers with the same roles share the array. */
const policies = new WeakMap<readonly Grant[], Policy>();

function policyOf(roles: readonly Grant[]): Policy {
  let policy = policies.get(roles);
  if (policy === undefined) {
    policy = new Policy(roles);
    policies.set(roles, policy);
  }
  return policy;
}

/** Reports whether a caller reaches a rank for a method that exists. */
export function reaches({ roles, principal }: Caller, rank: number, object: string, method: string): boolean {
  if (rank <= rankOf.member) {
    return rank === rankOf.open || principal !== 'anonymous' || roles.length > 0;
  }
  const policy = policyOf(roles);
  return policy.everywhere >= rank || policy.knownRank(object, method) >= rank;
}

/** Returns the level of a caller for a method, whether it exists or not. */
export function levelOf({ roles, principal }: Caller, object: string, method: string): Access {
  const base = principal !== 'anonymous' || roles.length > 0 ? rankOf.member : rankOf.open;
  return accessLevels[Math.max(base, policyOf(roles).rank(object, method))] as Access;
}
