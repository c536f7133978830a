import { storageError } from '../errors.js';
import { type TargetHost } from './target-host.js';

/** Makes sure that every target daemon serves. @throws RpcError `TARGET_TOOL_UNAVAILABLE` */
export async function assertServed(targets: TargetHost): Promise<void> {
  for (const { daemon, state } of targets.daemons) {
    if (state !== 'ready') {
      const why =
        state === 'degraded'
          ? 'lives and does not answer; it is started again if it stays so'
          : 'was lost, and its exports are being made anew';
      throw storageError('TARGET_TOOL_UNAVAILABLE', `target daemon ${String(daemon)} ${why}`);
    }
    await targets.list(daemon);
  }
}
