import type { NameRecord } from '@patchbay/objects';

/** Returns a name's record as the fields of a table. */
export function nameRow(record: NameRecord): Readonly<Record<string, unknown>> {
  const { name, endpoints, metadata, registeredAt } = record;
  return {
    name,
    address: endpoints.map(({ address }) => address),
    serverId: endpoints.map(({ serverId }) => serverId),
    // Only hosts and users tell anything: those that came otherwise are this machine's, or anybody's.
    ...(endpoints.some(({ host }) => host?.includes(':')) && {
      host: endpoints.map(({ host = '' }) => host),
    }),
    registeredAt,
    metadata: metadataText(metadata),
  };
}

/** Formats metadata as commands take it: `site=lab rack=7`. */
export function metadataText(metadata: NameRecord['metadata']): string {
  return Object.entries(metadata)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}
