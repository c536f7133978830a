import { BlockList, isIP } from 'node:net';
import { z } from 'zod';

/** The schema of a network in CIDR notation, such as `10.20.0.0/16` or `fd00:20::/64`. */
export const network = z
  .string()
  .refine(
    (text) => z.union([z.cidrv4(), z.cidrv6()]).safeParse(text).success,
    'must be a network, such as 10.20.0.0/16 or fd00:20::/64',
  );

/** A set of networks that addresses are matched against. */
export class Networks {
  readonly #list = new BlockList();

  /** @param networks - in CIDR notation */
  constructor(networks: readonly string[]) {
    for (const each of networks) {
      const [address = '', bits] = each.split('/');
      this.#list.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** Reports whether an IP address is in one of the networks; an IPv4 address may be written as IPv6. */
  has(address: string): boolean {
    const [plain = ''] = address.split('%'); // without the zone index
    return isIP(plain) !== 0 && this.#list.check(plain, familyOf(plain));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
