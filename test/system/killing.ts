import type { Patchbay } from './patchbay.js';

/** A daemon that a test kills. */
export type Victim = 'nameserver' | 'rpcserver' | 'tgtd';

/** Kills daemons, all at the same moment, and restarts those that nothing else restarts. */
export async function killAndRestart(patchbay: Patchbay, victims: readonly Victim[]): Promise<void> {
  await Promise.all([
    ...(victims.includes('tgtd') ? [patchbay.tgtd.kill()] : []),
    ...(victims.includes('rpcserver') ? [patchbay.rpcServerDaemon.kill()] : []),
    ...(victims.includes('nameserver') ? [patchbay.nameServerDaemon.kill()] : []),
  ]);
  if (victims.includes('nameserver')) {
    await patchbay.startNameServer();
  }
  if (victims.includes('rpcserver')) {
    await patchbay.startRpcServer();
  }
}
