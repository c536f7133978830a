import { isAbsolute } from 'node:path';
import { z } from 'zod';

import {
  formatAddress,
  isWildcard as isWildcardHost,
  parseTcpAddress,
  type TcpAddress,
} from '@patchbay/objects';

import { network } from '../networks.js';

const absolutePath = z.string().refine((path) => isAbsolute(path), 'must be an absolute path');

/** The schema of the boot endpoint's options; without them the endpoint is off. */
export const bootOptions = z.strictObject({
  listen: z
    .string()
    .refine(isAddress, 'must be HOST:PORT')
    .default('127.0.0.1:7480')
    .describe('the address that the endpoint serves HTTP on, HOST:PORT; the nodes must be able to reach it'),
  advertise: z
    .string()
    .refine((text) => isAddress(text) || isAddress(withPort(text, 0)), 'must be HOST or HOST:PORT')
    .refine((text) => !isAddress(text) || parseTcpAddress(text).port !== 0, 'nodes cannot connect to port 0')
    .refine(
      (text) => !isWildcard(isAddress(text) ? text : withPort(text, 0)),
      'nodes cannot connect to the address that stands for every address of the machine',
    )
    .optional()
    .describe(
      'the HOST or HOST:PORT at which the nodes reach the portal, if it differs from the portal; further target daemons use the next ports',
    ),
  networks: z
    .array(network)
    .min(1)
    .default(['127.0.0.0/8', '::1/128'])
    .describe('the networks that may fetch boot scripts, by the address of the client'),
  tls: z
    .strictObject({
      certificate: absolutePath.describe('the certificate, with those between it and its root, in PEM'),
      key: absolutePath.describe('its private key, in PEM'),
    })
    .optional()
    .describe('serve HTTPS with a certificate, which is read again when its files change; default: HTTP'),
  token: z.boolean().default(false).describe('require the one-time token of the node for its boot script'),
});
export type BootOptions = z.infer<typeof bootOptions>;

/**
 * Returns the address at which the nodes reach the portal of a target daemon.
 * @param advertise where the nodes reach the first daemon; the others use the next ports
 */
export function advertisedPortal(portal: string, advertise: string | undefined, daemon: number): TcpAddress {
  const own = parseTcpAddress(portal);
  if (advertise === undefined) {
    return own;
  }
  if (!isAddress(advertise)) {
    return parseTcpAddress(withPort(advertise, own.port));
  }
  const first = parseTcpAddress(advertise);
  return { ...first, port: first.port + daemon };
}

/** Reports whether a portal is the wildcard address, which no node can dial. */
export function isWildcard(portal: string): boolean {
  return isAddress(portal) && isWildcardHost(parseTcpAddress(portal).host);
}

function withPort(host: string, port: number): string {
  return formatAddress({ host: host.replace(/^\[(.*)\]$/, '$1'), port });
}

function isAddress(text: string): boolean {
  try {
    parseTcpAddress(text);
    return true;
  } catch {
    return false;
  }
}
