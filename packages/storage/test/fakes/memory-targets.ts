import { storageError } from '../../src/errors.js';
import {
  type TargetConnection,
  type TargetHost,
  type TargetSpec,
  type TargetState,
} from '../../src/targets/target-host.js';

/** A target host in memory, which refuses what tgt confuses: two targets on one file. */
export class MemoryTargets implements TargetHost {
  readonly portal = '127.0.0.1:3260';
  readonly specs = new Map<string, TargetSpec>();
  readonly foreign: TargetState[] = [];
  readonly connections = new Map<string, TargetConnection[]>();
  available = true;
  #rebuild: () => Promise<void> = () => Promise.resolve();

  ensureExported(spec: TargetSpec): Promise<void> {
    return this.#step(() => {
      for (const [iqn, other] of this.specs) {
        if (iqn !== spec.iqn && (other.backingPath === spec.backingPath || other.tid === spec.tid)) {
          throw new Error(`${spec.iqn} and ${iqn} have the same tid or file`);
        }
      }
      this.specs.set(spec.iqn, spec);
    });
  }

  ensureRemoved({ iqn }: Pick<TargetSpec, 'tid' | 'iqn'>): Promise<void> {
    return this.#step(() => {
      this.specs.delete(iqn);
      this.connections.delete(iqn);
    });
  }

  list(): Promise<readonly TargetState[]> {
    return this.#step(() => [
      ...this.foreign,
      ...[...this.specs.values()].map((spec) => ({
        tid: spec.tid,
        iqn: spec.iqn,
        online: true,
        backingPaths: new Map([[spec.lun, spec.backingPath]]),
        accounts: [spec.chap.user],
        initiators: [spec.initiator],
        connections: this.connections.get(spec.iqn) ?? [],
      })),
    ]);
  }

  onRestart(rebuild: () => Promise<void>): Promise<void> {
    this.#rebuild = rebuild;
    return Promise.resolve();
  }

  /** Loses everything, as a killed daemon does, and has it rebuilt. */
  async restart(): Promise<void> {
    this.specs.clear();
    this.connections.clear();
    await this.#rebuild();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #step<T>(work: () => T): Promise<T> {
    await Promise.resolve();
    if (!this.available) {
      throw storageError('TARGET_TOOL_UNAVAILABLE', 'the target daemon does not answer');
    }
    return work();
  }
}
