import { formatSpiffeId, parseSpiffeId, type SpiffeId } from './spiffe-id.js';

/** Which server this is, and which run of it: what is proven to it counts nowhere else, and no longer. */
export interface ServerName extends SpiffeId {
  /** Identifies the server among those of its host. */
  readonly serverId: string;
  /** Drawn at each start. */
  readonly startId: string;
}

/** The longest name of a server. */
const maxLength = 512;

const idOf = /^[\w.-]{1,128}$/;

/** Returns the name of a server: its SPIFFE ID, server id and start id, with a slash between them. */
export function formatServerName({ serverId, startId, ...id }: ServerName): string {
  return `${formatSpiffeId(id)}/${serverId}/${startId}`;
}

/** Reads the name of a server; undefined where the text is none. */
export function parseServerName(text: string): ServerName | undefined {
  const parts = text.length > maxLength ? [] : text.split('/');
  const [serverId = '', startId = ''] = parts.slice(-2);
  const id = parseSpiffeId(parts.slice(0, -2).join('/'));
  return id !== undefined && idOf.test(serverId) && idOf.test(startId)
    ? { ...id, serverId, startId }
    : undefined;
}

/** Returns what a server is called where keys are derived: `host:web1`, `nameserver:ns1`. */
export function hostOf({ kind, name }: Pick<SpiffeId, 'kind' | 'name'>): string {
  return `${kind}:${name}`;
}
