import { z } from 'zod';

import { network, Networks } from '../../networks.js';

/** Stands for every address that is not in a special-purpose network. */
const publicNetwork = 'public';

/** The schema of a network that images may be downloaded from: in CIDR notation, or `public`. */
export const sourceNetwork = z.union([z.literal(publicNetwork), network]);

/**
 * The networks that are not the public internet: this host, link-local, private and shared networks, multicast, reserved
 * ones, and those whose addresses embed an IPv4 address that a gateway would translate.
 */
const specialPurpose = new Networks([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]);

/** The networks that images may be downloaded from. */
export class SourceNetworks {
  readonly #listed: Networks;
  readonly #includesPublic: boolean;

  /** @param networks - as `sourceNetwork` accepts them */
  constructor(networks: readonly string[]) {
    this.#includesPublic = networks.includes(publicNetwork);
    this.#listed = new Networks(networks.filter((each) => each !== publicNetwork));
  }

  has(address: string): boolean {
    return this.#listed.has(address) || (this.#includesPublic && !specialPurpose.has(address));
  }
}
