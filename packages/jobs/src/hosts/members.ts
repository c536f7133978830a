import { type ClusterMember, type IdentityMethods, isRpcError } from '@patchbay/objects';

import { jobsError } from '../errors.js';

/** How many hosts are asked for at once: with variables their values have to fit into an answer. */
const pageSize = { plain: 1_000, withVariables: 200 };

/** The part of the name server's object `identity` that tells who the hosts are. */
export interface Identity {
  list_members(...args: IdentityMethods['list_members']['args']): PromiseLike<readonly ClusterMember[]>;
}

/**
 * Returns the active hosts of the cluster, by name, as the name server has them now.
 *
 * @param variables the names of the variables to return of each, at most 16
 * @throws RpcError `HOST_UNKNOWN` where the name server has no authority, and what the call throws
 */
export async function membersOf(
  identity: Identity,
  variables: readonly string[] = [],
): Promise<readonly ClusterMember[]> {
  const limit = variables.length === 0 ? pageSize.plain : pageSize.withVariables;
  const members: ClusterMember[] = [];
  try {
    for (let page = await identity.list_members({ limit, variables }); ;) {
      members.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < limit) {
        return members;
      }
      page = await identity.list_members({ limit, variables, after: last.name });
    }
  } catch (error) {
    if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
      const message = 'the name server has no authority, so that there are no hosts: run nameserver init';
      throw jobsError('HOST_UNKNOWN', message, { cause: error });
    }
    throw error;
  }
}
