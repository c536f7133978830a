import type { Inventory } from '../../src/testing/inventory.js';
import type { Due } from './operations/operation.js';
import type { RealWorld } from './real-world.js';
import type { Server, Stage } from './stage.js';

/** A stage in a real world; of what kind its servers are, is for others to say. */
export abstract class WorldStage implements Stage, AsyncDisposable {
  protected readonly world: RealWorld;

  protected constructor(world: RealWorld) {
    this.world = world;
  }

  abstract start(dieAt?: number): Promise<Server | 'died'>;
  abstract end(): Promise<void>;
  abstract takeStock(): Promise<Inventory>;

  pass(due: Due): Promise<void> {
    return this.world.pass(due);
  }

  async save(name: string): Promise<void> {
    await this.end();
    await this.world.save(name);
  }

  async restore(name: string): Promise<void> {
    await this.end();
    await this.world.restore(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
