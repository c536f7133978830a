import { expect } from 'chai';

import { nodes } from '../../src/catalog/tables.js';
import { anonymous, type Inventory, takeStock } from '../fakes/inventory.js';
import { Life } from '../fakes/life.js';
import { type RealWorld } from '../fakes/real-world.js';
import { type Machine } from '../fakes/world.js';
import { OpenDisk } from '../targets/initiators.js';
import { type OperationCase, type Sources } from './operation-cases.js';

/** Begins a life as the start of the server does; what was cut short is settled then. */
export async function begin(world: RealWorld, life: Life): Promise<Machine> {
  const machine = await world.start(life);
  const report = await life.run(() => world.reconcile(machine));
  expect(report.failed).to.deep.equal([]);
  expect(report.missing).to.deep.equal([]);
  return machine;
}

/** Takes stock, and expects that everything fits together. */
async function settled(world: RealWorld, machine: Machine): Promise<Inventory> {
  const found = await takeStock(world, machine);
  expect(found.leaks).to.deep.equal([]);
  return found;
}

/** One operation, killed at each of its effects in turn. */
export class Killing {
  readonly #world: RealWorld;
  readonly #case: OperationCase;
  readonly #sources: Sources;
  #life = new Life();

  constructor(world: RealWorld, operation: OperationCase, sources: Sources) {
    this.#world = world;
    this.#case = operation;
    this.#sources = sources;
  }

  async run(): Promise<void> {
    await this.#world.restore('furnished');
    await this.#case.prepare(await this.#begin(), this.#sources);
    await this.#world.save('prepared');

    let machine = await this.#begin();
    const undone = await settled(this.#world, machine);
    const done = await this.#whole(machine);
    const { effects } = this.#life;
    expect(effects, 'effects').to.be.greaterThan(0);
    // Killed when it has answered, nothing of what it answered is lost.
    expect((await settled(this.#world, await this.#begin())).text).to.equal(done.text);
    let goesOn = false;
    for (let at = 1; at <= effects; at += 1) {
      if (!goesOn) {
        await this.#world.restore('prepared');
        machine = await this.#begin();
      }
      machine = await this.#killedAt(at, machine);
      const found = await settled(this.#world, machine);
      // Undone it is as it was, down to each id and secret; so the life that goes on can be killed a step further.
      const isUndone = found.text === undone.text;
      goesOn = isUndone && found.tgtds === undone.tgtds;
      if (!isUndone) {
        const again = await this.#whole(machine);
        if (this.#case.isMany !== true) {
          expect(anonymous(found), `neither done nor undone at ${String(at)}`).to.equal(anonymous(done));
          expect(anonymous(again), `done again after ${String(at)}`).to.equal(anonymous(done));
        }
      }
    }
  }

  async #begin(): Promise<Machine> {
    this.#life = new Life();
    return await begin(this.#world, this.#life);
  }

  /** Does the operation while the initiator of its node is connected, where it shall be and the node is served. */
  async #operate(machine: Machine): Promise<unknown> {
    const { catalog, exports } = machine.parts;
    const node = this.#case.isConnected === true ? await catalog.get(nodes, 'node7') : undefined;
    const initiator =
      node?.state === 'ready'
        ? await OpenDisk.connect(exports.portalOf(node), exports.specOf(node), /MiB/)
        : undefined;
    const life = this.#life;
    try {
      return await Promise.race([life.death, life.run(() => this.#case.operation(machine, this.#sources))]);
    } finally {
      await initiator?.[Symbol.asyncDispose]();
    }
  }

  /** Does all of it, also where it was done before, and counts its effects. */
  async #whole(machine: Machine): Promise<Inventory> {
    this.#life.dieAt(Infinity);
    await this.#operate(machine);
    return await settled(this.#world, machine);
  }

  /** Does it until the effect, and lives on. */
  async #killedAt(at: number, machine: Machine): Promise<Machine> {
    const life = this.#life;
    life.dieAt(at);
    expect(await this.#operate(machine), `at ${String(at)}`).to.equal('died');
    const next = await this.#begin();
    if (await life.orphansEnd()) {
      await this.#life.run(() => next.reconciler.run());
    }
    return next;
  }
}

/** Kills the server at each effect of its start on a world that is as `spoil` makes it. */
export async function killStarts(world: RealWorld, spoil: () => Promise<void>): Promise<void> {
  await world.restore('spoiled');
  await spoil();
  const counted = new Life();
  counted.dieAt(Infinity);
  const done = await settled(world, await begin(world, counted));
  const { effects } = counted;
  for (let at = 1; at <= effects; at += 1) {
    await world.restore('spoiled');
    await spoil();
    const life = new Life();
    life.dieAt(at);
    expect(await Promise.race([life.death, begin(world, life)]), `at ${String(at)}`).to.equal('died');
    const found = await settled(world, await begin(world, new Life()));
    expect(anonymous(found), `at ${String(at)}`).to.equal(anonymous(done));
  }
  expect(effects, 'effects').to.be.greaterThan(0);
}
