import {
  type CallOptions,
  type ListOptions,
  type NameRecord,
  nameServerFailure,
  type NameServerMethods,
} from '@patchbay/objects';
import { type RemoteObject } from '@patchbay/session/client';

/** Which names: a glob, or all that these conditions allow together. */
export type NameFilter = string | Omit<ListOptions, 'after' | 'limit'>;

/** The most that the name server gives in one page. */
const pageSize = 1_000;

/**
 * Gives the records of all names that a filter allows, in the order of the names, a page at a time.
 *
 * @param rest gives the options of each request
 * @throws RpcError `PATTERN_INVALID`, `NAMESERVER_UNAVAILABLE`
 */
export async function* matchingNames(
  nameServer: { readonly address: string; readonly names: RemoteObject<NameServerMethods> },
  filter: NameFilter,
  rest: () => CallOptions,
): AsyncGenerator<NameRecord, void, undefined> {
  const conditions = typeof filter === 'string' ? { glob: filter } : filter;
  let after: string | undefined;
  do {
    const request = { ...conditions, limit: pageSize, after };
    const page = await nameServer.names
      .with(rest())
      .list(request)
      .catch((error: unknown) => {
        throw nameServerFailure(error, nameServer.address);
      });
    yield* page.names;
    after = page.next;
  } while (after !== undefined);
}
