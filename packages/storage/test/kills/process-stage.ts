import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { connectTo } from '@patchbay/grpc/client';
import { coreError, type Proxy, systemClock } from '@patchbay/objects';
import { eventually } from '@patchbay/objects/testing';
import type { ObjectClient } from '@patchbay/session/client';

import type { Storage } from '../../src/index.js';
import type { Inventory } from '../../src/testing/inventory.js';
import { takeStockBeside } from '../../src/testing/take-stock-beside.js';
import type { RealWorld } from './real-world.js';
import { ServerProcess } from './server-process.js';
import type { Server } from './stage.js';
import { WorldStage } from './world-stage.js';

/** A stage on which the server is a process of the command `rpcserver`, which the kernel kills. */
export class ProcessStage extends WorldStage {
  readonly #configuration: string;
  #process: ServerProcess | undefined;
  #client: ObjectClient | undefined;

  private constructor(world: RealWorld, configuration: string) {
    super(world);
    this.#configuration = configuration;
  }

  static async open(world: RealWorld): Promise<ProcessStage> {
    const configuration = join(world.directory, 'rpcserver.json');
    const { places, portal, targetsPerDaemon, bootAddress } = world;
    const options = {
      pool: places.pool,
      portal,
      targetsPerDaemon,
      sourceDirectories: [places.sources],
      urlNetworks: ['127.0.0.1/32'],
      graceMs: 0,
      // What is to be done is done at the start; what comes later would disturb the counting.
      reconcileEveryMs: 3_600_000,
      boot: { listen: bootAddress, token: true },
    };
    const settings = {
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir: join(world.directory, 'server'),
      objects: [{ name: 'storage', module: '@patchbay/storage', options }],
    };
    await writeFile(configuration, JSON.stringify(settings));
    return new ProcessStage(world, configuration);
  }

  async start(dieAt?: number): Promise<Server | 'died'> {
    await this.end();
    const server = new ServerProcess(this.#configuration, dieAt);
    this.#process = server;
    const ready = server.address();
    // Where it shall not die, its log tells why it did.
    const address = await (dieAt === undefined ? ready : ready.catch(() => server.death));
    if (address === 'died') {
      return 'died';
    }
    const client = connectTo(address, { clock: systemClock });
    this.#client = client;
    const storage = client.proxy<Storage>('storage');
    const settled = scheduled(storage).then(() => server.dieAt(undefined));
    settled.catch(() => undefined);
    if ((await Promise.race([settled, server.death])) === 'died') {
      return 'died';
    }
    return {
      storage,
      sources: this.world.sources,
      addRule: (node) => this.world.addRule(storage, node),
      boot: (node) => boot(storage, this.world.bootAddress, node),
      death: server.death,
      dieAt: (nth) => server.dieAt(nth),
      orphansEnd: () => server.orphansEnd(),
    };
  }

  async end(): Promise<void> {
    const [server, client] = [this.#process, this.#client];
    this.#process = this.#client = undefined;
    await server?.kill();
    await client?.[Symbol.asyncDispose]();
  }

  takeStock(): Promise<Inventory> {
    const { places, directory } = this.world;
    return takeStockBeside(this.world, places.state, join(directory, 'copy'));
  }
}

/** Waits until no snapshot is due. */
async function scheduled(storage: Proxy<Storage>): Promise<void> {
  await eventually(async () => {
    const schedules = await storage.list_schedules();
    return schedules.every(({ nextAt }) => Date.parse(nextAt) > Date.now());
  });
}

/** Fetches a node's boot script as the node does. */
async function boot(storage: Proxy<Storage>, address: string, node: string): Promise<void> {
  const { bootToken } = await storage.show_credentials(node);
  const token = bootToken ?? (await storage.renew_boot_token(node)).bootToken;
  const { mac = node } = await storage.show_node(node);
  const url = `http://${address}/boot/${mac}?token=${token}`;
  const { status } = await fetch(url).catch((cause: unknown) => {
    throw coreError('CONNECTION_LOST', `no answer from ${address}`, { cause });
  });
  if (status !== 200) {
    throw new Error(`${url} is answered with ${String(status)}`);
  }
}
