import { storageError } from '../errors.js';
import type { TargetHost } from './target-host.js';

/** Asserts that every target daemon serves its targets. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
export async function assertServed(targets: TargetHost): Promise<void> {
  for (const { daemon, state } of targets.daemons) {
    if (state !== 'ready') {
      const why =
        state === 'degraded'
          ? 'runs but does not respond; it is restarted if it stays so'
          : 'was lost, and its exports are being rebuilt';
      throw storageError('TARGET_TOOL_UNAVAILABLE', `target daemon ${String(daemon)} ${why}`);
    }
    await targets.list(daemon);
  }
}
