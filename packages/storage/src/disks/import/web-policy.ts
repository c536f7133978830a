import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import type { RpcError } from '@patchbay/objects';

import { sourceRefused } from './source.js';
import { SourceNetworks } from './source-networks.js';

/** Which web servers images may be downloaded from. */
export interface WebPolicyOptions {
  /** Host names, `*.example.org` for all subdomains; undefined: any host. */
  readonly hosts?: readonly string[] | undefined;
  /** The networks that the addresses of hosts must be in; see `sourceNetwork`. */
  readonly networks: readonly string[];
  /** Resolves a host name. Default: the system's resolver. */
  readonly resolve?: Resolve | undefined;
}

type Resolve = (
  name: string,
  callback: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
) => void;

const resolveBySystem: Resolve = (name, callback) => {
  systemLookup(name, { all: true }, callback);
};

/**
 * Decides which web servers may be contacted, so that nobody reaches through us what they cannot reach themselves. It is
 * applied to each request, including redirects; and the connection uses the very addresses that were checked, so that a
 * later DNS response cannot change them.
 */
export class WebPolicy {
  readonly #hosts: readonly string[] | undefined;
  readonly #networks: SourceNetworks;
  readonly #resolve: Resolve;

  constructor({ hosts, networks, resolve = resolveBySystem }: WebPolicyOptions) {
    this.#hosts = hosts?.map((host) => host.toLowerCase());
    this.#networks = new SourceNetworks(networks);
    this.#resolve = resolve;
  }

  /** @throws RpcError `SOURCE_REFUSED` if the server may not be contacted; `lookupFor` checks the addresses of a name */
  assertAllowed(url: URL): void {
    const host = hostOf(url);
    if (this.#hosts?.some((each) => matches(host, each)) === false) {
      throw sourceRefused(
        url.href,
        `the server imports no images from the host ${host}; the option urlHosts lists the allowed hosts`,
      );
    }
    if (isIP(host) !== 0 && !this.#networks.has(host)) {
      throw addressRefused(url);
    }
  }

  /** Returns the lookup function that resolves the host of a URL to its allowed addresses. */
  lookupFor(url: URL): LookupFunction {
    return (name, options, callback) => {
      this.#resolve(name, (error, found) => {
        const allowed = found?.filter(({ address }) => this.#networks.has(address)) ?? [];
        const [first] = allowed;
        if (error !== null || first === undefined) {
          callback(error ?? addressRefused(url), []);
        } else if (options.all === true) {
          callback(null, allowed);
        } else {
          callback(null, first.address, first.family);
        }
      });
    };
  }
}

/** Omits the address, so that callers do not learn how names of internal networks resolve. */
function addressRefused(url: URL): RpcError {
  return sourceRefused(
    url.href,
    'its host is not in a network that the server imports images from; the option urlNetworks lists them',
  );
}

/** Returns the host without the brackets of an IPv6 address, or the trailing dot of a name. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
