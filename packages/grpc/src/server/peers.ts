import type { ServerHttp2Session } from 'node:http2';

/** The other end of a connection. */
export interface Peer {
  /** Its name: `127.0.0.1:53122`, or `unix:/path` for whoever came in through that socket file. */
  readonly peer: string;
  /** Whether it came in through a socket file, which the operating system let it open. */
  readonly isLocal: boolean;
}

const peers = new WeakMap<object, Peer>();

/**
 * Notes the other end of a new connection. The listener decides, as a peer on a socket file has no address of its own.
 * @param socket the socket file through which it came, as `unix:/path`; undefined for TCP
 */
export function notePeer(connection: ServerHttp2Session, socket: string | undefined): void {
  const { remoteAddress, remotePort } = connection.socket;
  const peer = socket ?? `${String(remoteAddress)}:${String(remotePort)}`;
  peers.set(connection, { peer, isLocal: socket !== undefined });
}

/** Returns the other end of a connection; one that was not noted is nobody in particular. */
export function peerOn(connection: object): Peer {
  return peers.get(connection) ?? { peer: 'unknown', isLocal: false };
}
