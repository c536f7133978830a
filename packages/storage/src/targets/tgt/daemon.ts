import type { ControlSocket } from './control-socket.js';
import { TargetCache } from './target-cache.js';
import { Tgtadm } from './tgtadm.js';
import type { ProcessIdentity } from './tgtd-process.js';

/** A running tgtd: its process, its commands and what is cached of its state. A restarted tgtd is another one. */
export interface Daemon {
  readonly process: ProcessIdentity;
  readonly socket: ControlSocket;
  readonly tgtadm: Tgtadm;
  readonly cache: TargetCache;
}

/**
 * Creates the client of a running tgtd.
 * @param isEmpty whether it has just been started, and so has no targets
 */
export function connectDaemon(process: ProcessIdentity, socket: ControlSocket, isEmpty: boolean): Daemon {
  const tgtadm = new Tgtadm(socket);
  return { process, socket, tgtadm, cache: new TargetCache(tgtadm, isEmpty) };
}
