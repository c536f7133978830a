import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { findNameServer, nameServerVariable, parseServerAddress, userIdentityFile } from '@patchbay/objects';

/** A name server that something on this machine names. */
export interface NamedServer {
  readonly address: string;
  /** What names it, each with its line: `/etc/patchbay/client.yaml:3`. */
  readonly from: readonly string[];
}

/** Where the configuration is looked for. */
export interface ConfigurationPlaces {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `/etc/patchbay`. */
  readonly systemDirectory?: string | undefined;
}

interface Line {
  readonly at: string;
  readonly text: string;
}

/** The largest file that is read, and how many. */
const maxBytes = 1024 * 1024;
const maxFiles = 32;
/** How many name servers are asked. */
const maxServers = 8;

/** The lines of the configuration files of this machine, of those that this user may read. */
export class Configuration {
  readonly #lines: readonly Line[];
  readonly #environment: ConfigurationPlaces['environment'];
  readonly #systemDirectory: string;

  constructor({ environment, systemDirectory = '/etc/patchbay' }: ConfigurationPlaces) {
    this.#environment = environment;
    this.#systemDirectory = systemDirectory;
    const user = userIdentityFile(environment);
    const files = [
      ...(user === undefined ? [] : [join(dirname(user), 'client.yaml')]),
      ...yamlFilesIn(systemDirectory).map((name) => join(systemDirectory, name)),
    ];
    this.#lines = files.slice(0, maxFiles).flatMap(linesOf);
  }

  /** Lists the lines that name an address. */
  naming(address: string): string[] {
    return this.#lines.filter(({ text }) => text.split(/[\s"'[\],]+/).includes(address)).map(({ at }) => at);
  }

  /**
   * Lists the name servers that are to be asked: the one that commands call, those of the identity, and those that the
   * configuration of clients and daemons names.
   *
   * @throws RpcError `CONFIG_INVALID`
   */
  nameServers(given: string | undefined, loggedIn: readonly string[]): NamedServer[] {
    const places = { environment: this.#environment, systemDirectory: this.#systemDirectory };
    const used = findNameServer(given, { ...places, loggedIn: loggedIn[0] });
    const named = this.#lines.flatMap(
      ({ text }) => /^\s*nameServer:\s+["']?([^\s"'#]+)/.exec(text)?.[1] ?? [],
    );
    const addresses = new Set([used, ...loggedIn, ...named.filter(isAddress)]);
    return [...addresses].slice(0, maxServers).map((address) => ({
      address,
      from: [
        ...(address === given ? ['--name-server'] : []),
        ...(address === this.#environment[nameServerVariable] ? [nameServerVariable] : []),
        ...this.naming(address),
        ...(loggedIn.includes(address) ? [userIdentityFile(this.#environment) ?? 'identity.json'] : []),
      ],
    }));
  }
}

function isAddress(text: string): boolean {
  try {
    parseServerAddress(text);
    return true;
  } catch {
    return false;
  }
}

function yamlFilesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch {
    return []; // not there, or not for this user
  }
}

/** Returns the lines of a file but for comments; none of what cannot be read. */
function linesOf(path: string): Line[] {
  try {
    if (!statSync(path).isFile() || statSync(path).size > maxBytes) {
      return [];
    }
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((text, index) => ({ at: `${path}:${String(index + 1)}`, text: text.replace(/(?:^|\s)#.*$/, '') }));
  } catch {
    return [];
  }
}
