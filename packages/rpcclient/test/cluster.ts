import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

import { TestNameServer } from '@patchbay/nameserver/testing';
import { type ObjectDefinition, type SignaturesOf, silentLog } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';
import { eventually, RecordingLog, Scratch } from '@patchbay/objects/testing';
import { type Client, connect, type ConnectOptions } from '@patchbay/rpcclient';
import { RpcServer, type RpcServerOptions } from '@patchbay/rpcserver';

/** An object that returns its place, and waits on request. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- its type is that of its methods
export function post(place: string) {
  return defineObject({
    summary: 'Returns its place',
    methods: {
      place: method({ summary: 'Return the place', returns: z.string(), run: () => place }),
      wait: method({
        summary: 'Wait until cancelled',
        args: [arg('ms', z.number(), 'how long, in milliseconds')],
        returns: z.string(),
        run: (ms, { signal }) =>
          new Promise<string>((resolve, reject) => {
            const timer = setTimeout(resolve, ms, place);
            signal.addEventListener('abort', () => {
              clearTimeout(timer);
              reject(signal.reason as Error);
            });
          }),
      }),
    },
  });
}
export type Post = SignaturesOf<ReturnType<typeof post>>;

type Objects = Readonly<Record<string, ObjectDefinition>>;
type ServeOptions = Partial<RpcServerOptions> & { readonly id?: string };

/** The name server, RPC servers and clients of a test. */
export class TestCluster implements AsyncDisposable {
  readonly nameServer: TestNameServer;
  readonly scratch: Scratch;
  readonly log = new RecordingLog();
  readonly #open: AsyncDisposable[] = [];
  #started = 0;
  /** The last state directories of the servers, by their ids. */
  readonly #stateDirs = new Map<string, string>();

  private constructor(nameServer: TestNameServer, scratch: Scratch) {
    this.nameServer = nameServer;
    this.scratch = scratch;
  }

  static async start(): Promise<TestCluster> {
    return new TestCluster(await TestNameServer.start(), await Scratch.make());
  }

  /** Starts an RPC server, and waits until it is registered. */
  async serve(objects: Objects, options: ServeOptions = {}): Promise<RpcServer> {
    const server = await this.start(objects, options);
    await eventually(() => server.registered);
    return server;
  }

  /** Starts an RPC server with a new identity, or with a given one, as if it had moved to another host. */
  async start(objects: Objects, options: ServeOptions = {}): Promise<RpcServer> {
    const number = String(this.#started++);
    const { id = `server-${number}`, ...rest } = options;
    const stateDir = this.scratch.file(number);
    const former = this.#stateDirs.get(id);
    if (former !== undefined) {
      await mkdir(stateDir);
      await copyFile(join(former, 'server-id'), join(stateDir, 'server-id'));
    }
    this.#stateDirs.set(id, stateDir);
    const server = await RpcServer.start({
      nameServer: this.nameServer.address,
      insecure: true,
      stateDir,
      objects,
      log: silentLog,
      ...rest,
    });
    this.#open.push(server);
    return server;
  }

  client(options: Partial<ConnectOptions> = {}): Client {
    const client = connect({
      nameServer: this.nameServer.address,
      insecure: true,
      log: this.log,
      ...options,
    });
    this.#open.push(client);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#open.reverse()) {
      await each[Symbol.asyncDispose]();
    }
    await this.nameServer[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}
