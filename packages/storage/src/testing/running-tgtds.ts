import { join } from 'node:path';

import { ControlSocket } from '../targets/tgt/control-socket.js';
import { Tgtadm } from '../targets/tgt/tgtadm.js';
import { controlSocketPath } from '../targets/tgt/tgtd-process.js';

/** A tgtd that runs, spoken to past everything. */
export interface RunningTgtd {
  readonly daemon: number;
  readonly socket: ControlSocket;
  readonly tgtadm: Tgtadm;
}

/** Returns what the path of each daemon's control socket begins with, in the state directory of a storage object. */
export function controlsIn(stateDir: string, daemonsAtMost: number): readonly string[] {
  return Array.from({ length: daemonsAtMost }, (_, daemon) =>
    join(stateDir, daemon === 0 ? 'tgt' : `tgt-${String(daemon)}`, 'control'),
  );
}

/** Returns the tgtds of a storage object that run, of the first so many. */
export async function runningTgtds(stateDir: string, daemonsAtMost = 2): Promise<readonly RunningTgtd[]> {
  const running: RunningTgtd[] = [];
  for (const [daemon, prefix] of controlsIn(stateDir, daemonsAtMost).entries()) {
    const socket = new ControlSocket(controlSocketPath(prefix));
    if (await socket.probe(10_000)) {
      running.push({ daemon, socket, tgtadm: new Tgtadm(socket) });
    }
  }
  return running;
}
