import { isIP } from 'node:net';

import { coreError } from '@patchbay/objects';

/**
 * Checks that a portal is an IP address and a port. Host names are refused, as tgtd shows a portal by its address, and
 * without a port it would use 3260. @throws RpcError `CONFIG_INVALID`
 */
export function checkPortal(portal: string): void {
  const [, v4, v6, port] = /^(?:([\d.]+)|\[([\da-fA-F:.]+)\]):(\d{1,5})$/.exec(portal) ?? [];
  const number = Number(port);
  if ((isIP(v4 ?? '') !== 4 && isIP(v6 ?? '') !== 6) || number < 1 || number > 65535) {
    throw coreError(
      'CONFIG_INVALID',
      `the portal ${JSON.stringify(portal)} must be an IP address and a port, such as 127.0.0.1:3260 or [::1]:3260`,
    );
  }
}

/**
 * Returns the portal of a further daemon: the same address, `ports` ports higher.
 * @throws RpcError `CONFIG_INVALID` when there is no such port
 */
export function portalAfter(portal: string, ports: number): string {
  const colon = portal.lastIndexOf(':');
  const after = `${portal.slice(0, colon)}:${String(Number(portal.slice(colon + 1)) + ports)}`;
  checkPortal(after);
  return after;
}
