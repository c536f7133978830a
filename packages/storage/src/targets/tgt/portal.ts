import { isIP } from 'node:net';
import { z } from 'zod';

import { coreError, quoted, type RpcError } from '@patchbay/objects';

import { storageError } from '../../errors.js';

const portalForm = 'must be an IP address and a port, such as 127.0.0.1:3260 or [::1]:3260';

/**
 * The schema of a portal: an IP address and a port. Host names are refused, as tgtd shows a portal by its address, and
 * without a port it would use 3260.
 */
export const portalSchema = z.string().refine(isPortal, portalForm);

/** Checks that a portal is one. @throws RpcError `CONFIG_INVALID` */
export function checkPortal(portal: string): void {
  if (!isPortal(portal)) {
    throw coreError('CONFIG_INVALID', `the portal ${quoted(portal)} ${portalForm}`);
  }
}

/**
 * Returns the portal of a further daemon: the same address, `ports` ports higher.
 * @throws RpcError `CONFIG_INVALID` when there is no such port
 */
export function portalAfter(portal: string, ports: number): string {
  const colon = portal.lastIndexOf(':');
  const after = `${portal.slice(0, colon)}:${String(portOf(portal) + ports)}`;
  if (!isPortal(after)) {
    throw coreError(
      'CONFIG_INVALID',
      `the portal ${quoted(portal)} leaves no port for target daemon ${String(ports)}: ${quoted(after)} is none; ` +
        'choose a lower port',
    );
  }
  return after;
}

/** Returns the port of a portal. */
export function portOf(portal: string): number {
  return Number(portal.slice(portal.lastIndexOf(':') + 1));
}

/** Makes the error about a portal that a daemon cannot listen on. */
export function portalUnavailable(portal: string, why: string, cause?: unknown): RpcError {
  const advice = /not an address|cannot assign/i.test(why)
    ? 'name an address of this host in the option portal'
    : 'free the port (Debian\'s own daemon is stopped with "systemctl disable --now tgt"), or name another portal in ' +
      'the options';
  return storageError(
    'PORTAL_UNAVAILABLE',
    `the iSCSI target daemon cannot listen on ${portal}: ${why}; ${advice}`,
    { details: { portal }, cause },
  );
}

function isPortal(text: string): boolean {
  const [, v4, v6, port] = /^(?:([\d.]+)|\[([\da-fA-F:.]+)\]):([1-9]\d{0,4})$/.exec(text) ?? [];
  return (isIP(v4 ?? '') === 4 || isIP(v6 ?? '') === 6) && Number(port) <= 65_535;
}
