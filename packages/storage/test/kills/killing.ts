import { expect } from 'chai';

import { isRpcError } from '@patchbay/objects';

import { loginOf, OpenDisk } from '../targets/initiators.js';
import { anonymous, type Inventory } from '../../src/testing/inventory.js';
import { Due, type OperationCase, type Step } from './operations/operation.js';
import type { Server, Stage } from './stage.js';

/** At which effects to kill: at every `step`th, from the `first` on. */
export interface Moments {
  readonly first: number;
  readonly step: number;
}

const everyMoment: Moments = { first: 1, step: 1 };

/** Lets a server start that does not die meanwhile. */
export async function begin(stage: Stage): Promise<Server> {
  const server = await stage.start();
  if (server === 'died') {
    throw new Error('the server died at its start, which nobody asked of it');
  }
  return server;
}

/** Does an operation; gives its result, or that the server died meanwhile. */
export async function outcome(operation: Step, server: Server): Promise<unknown> {
  try {
    return await Promise.race([server.death, operation(server.storage, server)]);
  } catch (error) {
    if (isRpcError(error, 'CONNECTION_LOST')) {
      return await server.death; // the connection tells it first
    }
    throw error;
  }
}

/** Does what prepares an operation, by the server that there is; gives the server that there is then. */
async function prepare(stage: Stage, steps: readonly (Step | Due)[], server: Server): Promise<Server> {
  let present = server;
  for (const step of steps) {
    if (step instanceof Due) {
      await stage.end();
      await stage.pass(step);
      present = await begin(stage);
    } else {
      await step(present.storage, present);
    }
  }
  return present;
}

/** Kills servers at the effects of one operation in turn, and expects it done or undone each time, and nothing else. */
export class Killing {
  readonly #stage: Stage;
  readonly #case: OperationCase;
  readonly #moments: Moments;

  constructor(stage: Stage, operation: OperationCase, moments = everyMoment) {
    this.#stage = stage;
    this.#case = operation;
    this.#moments = moments;
  }

  /** Begins with what was saved as `furnished`. */
  async run(): Promise<void> {
    const stage = this.#stage;
    const { prepare: steps = [], operation } = this.#case;
    await stage.restore('furnished');
    await prepare(stage, steps, await begin(stage));
    await stage.end();
    if (operation instanceof Due) {
      await stage.pass(operation);
      await stage.save('prepared');
      await killStarts(stage, { moments: this.#moments });
    } else {
      await stage.save('prepared');
      await this.#killOperation(operation);
    }
  }

  async #killOperation(operation: Step): Promise<void> {
    let server = await begin(this.#stage);
    const undone = await settled(this.#stage, server);
    const done = await this.#whole(operation, server);
    await begin(this.#stage);
    const afterDeath = await this.#stage.takeStock();
    expect(afterDeath.text, 'killed when it has answered').to.equal(done.text);
    const between = await this.#between();
    let goesOn = false;
    for (let { first: at, step } = this.#moments; ; at += step) {
      if (!goesOn) {
        await this.#stage.restore('prepared');
        server = await begin(this.#stage);
      }
      const next = await this.#killedAt(at, operation, server);
      if (next === undefined) {
        expect(at, 'effects').to.be.greaterThan(this.#moments.first);
        return;
      }
      server = next;
      const found = await settled(this.#stage, server);
      // Undone it is as it was, down to each id and secret; so the life that goes on can be killed a step further.
      const isUndone = found.text === undone.text;
      goesOn = isUndone && found.tgtds === undone.tgtds;
      if (!isUndone) {
        const cameTo = [done, ...between].map(anonymous);
        expect(cameTo, `neither done nor undone at ${String(at)}`).to.include(anonymous(found));
        const again = await this.#whole(operation, server);
        expect(cameTo, `done again after ${String(at)}`).to.include(anonymous(again));
      }
    }
  }

  /** Returns what each of the steps results in that the operation may be cut short at. */
  async #between(): Promise<readonly Inventory[]> {
    const found: Inventory[] = [];
    for (const step of this.#case.between ?? []) {
      await this.#stage.restore('prepared');
      const server = await begin(this.#stage);
      await step(server.storage, server);
      found.push(await settled(this.#stage, server));
    }
    return found;
  }

  /** Does all of it, also where it was done before. */
  async #whole(operation: Step, server: Server): Promise<Inventory> {
    await server.dieAt(undefined);
    expect(await this.#operate(operation, server)).not.to.equal('died');
    return await settled(this.#stage, server);
  }

  /** Does it until the effect, and lives on; undefined: it has no such effect, and was done. */
  async #killedAt(at: number, operation: Step, server: Server): Promise<Server | undefined> {
    await server.dieAt(at);
    if ((await this.#operate(operation, server)) !== 'died') {
      return undefined;
    }
    const next = await begin(this.#stage);
    if (await server.orphansEnd()) {
      await next.storage.reconcile();
    }
    return next;
  }

  /** Does the operation while the initiator of its node is connected, where it shall be and the node is served. */
  async #operate(operation: Step, server: Server): Promise<unknown> {
    const initiator = this.#case.isConnected === true ? await connect(server) : undefined;
    try {
      return await outcome(operation, server);
    } finally {
      await initiator?.[Symbol.asyncDispose]();
    }
  }
}

/** How starts are killed. */
export interface StartKilling {
  readonly moments?: Moments;
  /** Done before each start to what was saved. */
  readonly spoil?: () => Promise<void>;
}

/** Kills servers at the effects of their starts in turn, each on what was saved as `prepared`. */
export async function killStarts(
  stage: Stage,
  { moments = everyMoment, spoil = () => Promise.resolve() }: StartKilling = {},
): Promise<void> {
  const again = async (): Promise<void> => {
    await stage.restore('prepared');
    await spoil();
  };
  await again();
  const done = await settled(stage, await begin(stage));
  let { first: at } = moments;
  for (;;) {
    await again();
    const server = await stage.start(at);
    if (server !== 'died') {
      break;
    }
    const found = await settled(stage, await begin(stage));
    expect(anonymous(found), `at ${String(at)}`).to.equal(anonymous(done));
    at += moments.step;
  }
  expect(at, 'effects').to.be.greaterThan(moments.first);
}

/** Takes stock, and expects that everything fits together, and that nothing is left to do. */
async function settled(stage: Stage, { storage }: Server): Promise<Inventory> {
  const found = await stage.takeStock();
  expect(found.leaks).to.deep.equal([]);
  const report = await storage.reconcile({ dryRun: true });
  expect(Object.values(report).flat().filter(Boolean)).to.deep.equal([]);
  return found;
}

async function connect({ storage }: Server): Promise<OpenDisk | undefined> {
  const node = (await storage.list_nodes('node7')).find(({ state }) => state === 'ready');
  if (node === undefined) {
    return undefined;
  }
  const login = loginOf(node, await storage.show_credentials('node7'));
  return await OpenDisk.connect(node.target?.portal ?? '', login, /MiB/);
}
