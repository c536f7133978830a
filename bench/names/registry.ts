import { connectTo } from '@patchbay/grpc/client';
import { type NameClaim, type NameServerMethods, nameServerObject } from '@patchbay/objects';
import type { RemoteObject } from '@patchbay/session/client';

export type Names = RemoteObject<NameServerMethods>;

/** How many names are registered at once, and in how many calls: one takes 100. */
export const batch = 1_000;
const callsPerBatch = 10;

/** How many names a list shall give: as many as share a prefix, and a word of metadata. */
export const listed = 100;

/** Nobody keeps the leases of the benchmark alive. */
export const ttlMs = 3_600_000;

/** Returns the nth of the names, of which each `listed` share a prefix. They are not registered in their order. */
export function nameAt(index: number, count: number): string {
  return `${rackAt(index, count)}/node${String(index)}`;
}

/** Returns the prefix, and the metadata entry, that the nth name shares with others. */
function rackAt(index: number, count: number): string {
  return `rack${String(index % (count / listed)).padStart(4, '0')}`;
}

/** Returns a client of a name server. */
export function callerOf(address: string): AsyncDisposable & { readonly names: Names } {
  const client = connectTo(address);
  return {
    names: client.proxy<NameServerMethods>(nameServerObject),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

/** Registers a batch of names for a server, in as many calls as that takes. */
export async function registerBatch(names: Names, id: string, claims: readonly NameClaim[]): Promise<void> {
  const inCall = claims.length / callsPerBatch;
  await Promise.all(
    Array.from({ length: callsPerBatch }, (_, call) =>
      names.register(id, '127.0.0.1:7441', claims.slice(call * inCall, (call + 1) * inCall), { ttlMs }),
    ),
  );
}

/** Registers names with two keys of metadata each, in batches; returns how many a second. */
export async function fill(names: Names, count: number): Promise<number> {
  const startedMs = performance.now();
  for (let from = 0; from < count; from += batch) {
    const claims = Array.from({ length: batch }, (_, offset): NameClaim => {
      const index = from + offset;
      const role = index % 2 === 0 ? 'web' : 'db';
      return { name: nameAt(index, count), metadata: { rack: rackAt(index, count), role } };
    });
    await registerBatch(names, `server${String(from)}`, claims);
  }
  return (count / (performance.now() - startedMs)) * 1000;
}
