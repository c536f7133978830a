import { isRpcError, type Log } from '@patchbay/objects';

import type { Catalog, Transaction } from '../catalog/catalog.js';
import type { OperationContext, OperationRequest } from '../concurrency/operation.js';
import type { Operations } from '../concurrency/operations.js';
import type { Recovery } from './recovery.js';
import type { Resource } from './resources.js';

interface OperationOn extends OperationRequest {
  readonly resources: readonly [Resource, ...Resource[]];
}

/** What an intent's commit came to: work that is left to carry out, or the result where nothing is left to do. */
export type Intended<Work, Result> = { readonly carryOut: Work } | { readonly done: Result };

/** A crash-safe operation in its steps. How it is recovered stands with the states that it writes. */
export interface Intent<Work, Result, Item = never> extends OperationOn {
  /** Refuses what only the pool or the targets can tell; before the commit. */
  readonly check?: () => Promise<void>;
  /** Writes the intended state in one commit, from which recovery can finish or undo the operation. */
  readonly intend: (tx: Transaction) => Promise<Intended<Work, Result>>;
  /** Does it, in steps that can be repeated, and commits that it is done. */
  readonly carryOut: (work: Work, operation: OperationContext<Item>) => Promise<Result>;
}

/**
 * Runs operations so that a crash at any moment leaves them done or undone: what an earlier one left unfinished is
 * recovered first, then the intent is committed, then it is carried out; what fails is recovered at once, or later by
 * the reconciler.
 */
export class Intents {
  readonly #operations: Operations;
  readonly #catalog: Catalog;
  readonly #recovery: Recovery;
  readonly #freeSome: () => Promise<boolean>;
  readonly #log: Log;

  /** @param freeSome frees some space of the pool; reports whether there was any to free */
  constructor(
    operations: Operations,
    catalog: Catalog,
    recovery: Recovery,
    freeSome: () => Promise<boolean>,
    log: Log,
  ) {
    this.#operations = operations;
    this.#catalog = catalog;
    this.#recovery = recovery;
    this.#freeSome = freeSome;
    this.#log = log;
  }

  /**
   * Runs an operation, or joins the equal one that is under way, and returns its result.
   *
   * @throws RpcError `OPERATION_PENDING`, and what the steps throw
   */
  run<Work, Result>(intent: Intent<Work, Result>, signal: AbortSignal): Promise<Result> {
    return this.#operations.run(request(intent), signal, (operation) => this.#execute(intent, operation));
  }

  /** As `run`, and yields what `carryOut` reports. */
  follow<Work, Result, Item>(
    intent: Intent<Work, Result, Item>,
    signal: AbortSignal,
  ): AsyncGenerator<Item, Result, undefined> {
    return this.#operations.follow<Result, Item>(request(intent), signal, (operation) =>
      this.#execute(intent, operation),
    );
  }

  /** As `run`, for an operation that is one commit. */
  commit<Result>(
    operation: OperationOn & { readonly commit: (tx: Transaction) => Promise<Result> },
    signal: AbortSignal,
  ): Promise<Result> {
    return this.#operations.run(request(operation), signal, async () => {
      await this.recover(operation.resources);
      return await this.#catalog.transact(operation.commit);
    });
  }

  current(resource: Resource): string | undefined {
    return this.#operations.current(resource);
  }

  /** Brings resources to rest: finishes what was decided, and undoes the rest. The caller holds the operation. */
  async recover(resources: readonly Resource[]): Promise<void> {
    for (const resource of resources) {
      await this.#recovery.recover(resource);
    }
  }

  async #execute<Work, Result, Item>(
    { resources, check, intend, carryOut }: Intent<Work, Result, Item>,
    operation: OperationContext<Item>,
  ): Promise<Result> {
    await this.recover(resources);
    await check?.();
    try {
      const intended = await this.#intend(intend);
      return 'done' in intended ? intended.done : await carryOut(intended.carryOut, operation);
    } catch (error) {
      // The operation's own error is the one that its caller gets.
      await this.recover(resources).catch((failure: unknown) => {
        const fields = { resources, error: failure };
        this.#log.warn('cannot recover from a failed operation now; the reconciler will', fields);
      });
      throw error;
    }
  }

  /** Commits an intent; where the pool is too full for it, the trash is emptied until it is not. */
  async #intend<T>(intend: (tx: Transaction) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await this.#catalog.transact(intend);
      } catch (error) {
        if (!isRpcError(error, 'POOL_HIGH_WATER', 'POOL_FULL') || !(await this.#freeSome())) {
          throw error;
        }
      }
    }
  }
}

function request({ resources, kind, parameters }: OperationOn): OperationRequest {
  return { resources, kind, parameters };
}
