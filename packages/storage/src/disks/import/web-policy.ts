import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

import { type RpcError } from '@patchbay/objects';

import { sourceRefused } from './source.js';
import { SourceNetworks } from './source-networks.js';

/** Which web servers images may be downloaded from. */
export interface WebPolicyOptions {
  /** Names of hosts, `*.example.org` for all names below one; undefined: any. */
  readonly hosts?: readonly string[] | undefined;
  /** The networks in which the addresses of hosts must be; see `sourceNetwork`. */
  readonly networks: readonly string[];
  /** Gives the addresses of a name. Default: the system's own. */
  readonly resolve?: Resolve | undefined;
}

type Resolve = (
  name: string,
  callback: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
) => void;

/**
 * Says which web servers may be asked, so that nobody reaches through us what he cannot reach himself. It is asked
 * for each request, also that which a redirect leads to; and the addresses that it passes are those that are
 * connected to, so that no later answer of the name's owner counts.
 */
export class WebPolicy {
  readonly #hosts: readonly string[] | undefined;
  readonly #networks: SourceNetworks;
  readonly #resolve: Resolve;

  constructor({ hosts, networks, resolve }: WebPolicyOptions) {
    this.#hosts = hosts?.map((host) => host.toLowerCase());
    this.#networks = new SourceNetworks(networks);
    this.#resolve =
      resolve ??
      ((name, callback) => {
        systemLookup(name, { all: true }, callback);
      });
  }

  /** @throws RpcError `SOURCE_REFUSED` when the server may not be asked; the addresses of a name come later */
  assertAllowed(url: URL): void {
    const host = hostOf(url);
    if (this.#hosts?.some((each) => matches(host, each)) === false) {
      throw sourceRefused(
        url.href,
        `the server takes no images from the host ${host}; the option urlHosts names those that it does`,
      );
    }
    if (isIP(host) !== 0 && !this.#networks.has(host)) {
      throw addressRefused(url);
    }
  }

  /** Gives what connects to the host of a URL by those of its addresses that are allowed. */
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

/** Does not tell the address: whoever asks need not learn what names of an inner network stand for. */
function addressRefused(url: URL): RpcError {
  return sourceRefused(
    url.href,
    'its host is in no network that the server takes images from; the option urlNetworks names them',
  );
}

/** An IPv6 address without its brackets, a name without the dot at its end. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function matches(host: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
