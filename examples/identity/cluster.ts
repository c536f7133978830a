import type { IdentityObject } from '@patchbay/authority';
import { enrol } from '@patchbay/grpc/secure';
import { startNameServer } from '@patchbay/nameserver';
import {
  type Client,
  connect,
  openUserIdentity,
  type RemoteObject,
  type SignaturesOf,
} from '@patchbay/rpcclient';
import { type CurrentIdentity, hostIdentity, joinHost, silentLog } from '@patchbay/rpcserver';
import { join } from 'node:path';

/** A name server that is the authority of a cluster of its own, whose admin is who may open its socket file. */
export class Cluster implements AsyncDisposable {
  /** The name server's address, by TLS. */
  readonly address: string;
  readonly #directory: string;
  readonly #nameServer: AsyncDisposable;
  readonly #admin: Client;

  private constructor(directory: string, nameServer: AsyncDisposable, address: string, socket: string) {
    this.#directory = directory;
    this.#nameServer = nameServer;
    this.address = address;
    this.#admin = connect({ nameServer: socket });
  }

  static async start(directory: string): Promise<Cluster> {
    const socket = `unix:${join(directory, 'run', 'socket')}`;
    const nameServer = await startNameServer({
      listen: ['127.0.0.1:0', socket],
      stateDir: join(directory, 'names'),
      identity: { name: 'ns1' }, // makes the authority, as `nameserver init` does
      version: '1.0.0',
      log: silentLog,
    });
    return new Cluster(directory, nameServer, nameServer.address, socket);
  }

  /** The methods of `rpcclient identity.…`. */
  get admin(): RemoteObject<SignaturesOf<IdentityObject>> {
    return this.#admin.proxy('identity');
  }

  /** Enrols a host, as `rpcserver join` does. @param names what it may register */
  async enrolHost(name: string, names: string[] = []): Promise<CurrentIdentity> {
    const stateDir = this.stateDir(name);
    const { token } = await this.admin.create_token('host', name, { names });
    await joinHost({ stateDir, address: this.address, token });
    return hostIdentity(stateDir) ?? missing(name);
  }

  /** Makes a user, and logs it in, as `rpcclient login` does. */
  async enrolUser(name: string, group: string[] = []): Promise<CurrentIdentity> {
    const path = join(this.#directory, `${name}.json`);
    const { token } = await this.admin.create_user(name, { group });
    await enrol({ kind: 'user', path, address: this.address, token });
    return (await openUserIdentity(path)) ?? missing(name);
  }

  /** The state directory of a host. */
  stateDir(host: string): string {
    return join(this.#directory, host);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#admin.close();
    await this.#nameServer[Symbol.asyncDispose]();
  }
}

function missing(name: string): never {
  throw new Error(`${name} has no identity`);
}
