import { z } from 'zod';

import { type Address, formatAddress, parseAddress } from '@patchbay/objects';

import { network } from '../networks.js';

const advertised = z
  .string()
  .refine((text) => isAddress(text) || isAddress(withPort(text, 0)), 'must be HOST or HOST:PORT');

/** The schema of the boot endpoint's options; without them there is none. */
export const bootOptions = z.strictObject({
  listen: z
    .string()
    .refine(isAddress, 'must be HOST:PORT')
    .default('127.0.0.1:7480')
    .describe('where the endpoint listens for HTTP, HOST:PORT; the nodes must be able to reach it'),
  advertise: advertised
    .optional()
    .describe(
      'HOST or HOST:PORT where the nodes reach the portal, where they reach it elsewhere; further target daemons are at the next ports',
    ),
  networks: z
    .array(network)
    .min(1)
    .default(['127.0.0.0/8', '::1/128'])
    .describe('the networks that boot scripts are given to, by the address of the one who asks'),
  token: z
    .boolean()
    .default(false)
    .describe('give a boot script only for the one-time token of the node, too'),
});
export type BootOptions = z.infer<typeof bootOptions>;

/**
 * Gives the address by which the nodes reach a portal.
 * @param portal where the target daemon listens
 * @param advertise where the nodes reach the first daemon; the others are at the ports after it
 * @param daemon the daemon's number
 */
export function advertisedPortal(portal: string, advertise: string | undefined, daemon: number): Address {
  const own = parseAddress(portal);
  if (advertise === undefined) {
    return own;
  }
  if (!isAddress(advertise)) {
    return parseAddress(withPort(advertise, own.port));
  }
  const first = parseAddress(advertise);
  return { ...first, port: first.port + daemon };
}

/** Says whether a portal stands for every address of the machine, so that no node can dial it as it is. */
export function isWildcard(portal: string): boolean {
  return /^(?:0\.0\.0\.0|\[::\]):/.test(portal);
}

function withPort(host: string, port: number): string {
  return formatAddress({ host: host.replace(/^\[(.*)\]$/, '$1'), port });
}

function isAddress(text: string): boolean {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}
