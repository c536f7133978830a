import {
  type Caller,
  type Clock,
  coreError,
  didYouMean,
  type MethodDescription,
  type ObjectDescription,
  quoted,
  type RpcError,
} from '@patchbay/objects';
import type { Client } from '@patchbay/rpcclient';

import { isAway, onBehalfOf } from '../object-worker/on-behalf.js';

/** How long a description counts without being asked for again, in milliseconds. */
const freshMs = 5_000;
/** How many descriptions are kept: for as many objects and callers as submit jobs within that time. */
const maxKept = 1_000;

/** A method that a job may call. */
export interface Target {
  readonly method: MethodDescription;
  /** Why nobody serves it now; undefined if somebody does. */
  readonly away: RpcError | undefined;
}

interface Kept {
  readonly description: ObjectDescription;
  readonly askedAtMs: number;
}

/** Knows the methods that jobs call, as their callers see them; those of an object that is away, as they were. */
export class Targets {
  readonly #client: Pick<Client, 'describe'>;
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();

  constructor(client: Pick<Client, 'describe'>, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Returns a method as a caller sees it.
   *
   * @throws RpcError `METHOD_NOT_FOUND`, and why an object cannot be described that was not before
   */
  async find(object: string, method: string, caller: Caller['principal']): Promise<Target> {
    const { description, away } = await this.#describe(object, caller);
    const found = description.methods.find(({ name }) => name === method);
    if (found === undefined) {
      const hint = didYouMean(
        method,
        description.methods.map(({ name }) => name),
      );
      throw coreError('METHOD_NOT_FOUND', `${quoted(object)} has no method ${quoted(method)}${hint}`);
    }
    return { method: found, away };
  }

  async #describe(
    object: string,
    caller: Caller['principal'],
  ): Promise<{ readonly description: ObjectDescription; readonly away: RpcError | undefined }> {
    const key = `${caller} ${object}`;
    const kept = this.#kept.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (kept !== undefined && nowMs - kept.askedAtMs < freshMs) {
      return { description: kept.description, away: undefined };
    }
    try {
      const description = await this.#client.describe(object, onBehalfOf(caller));
      this.#keep(key, { description, askedAtMs: nowMs });
      return { description, away: undefined };
    } catch (error) {
      if (kept === undefined || !isAway(error)) {
        throw error;
      }
      return { description: kept.description, away: error };
    }
  }

  #keep(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) {
      this.#kept.delete(oldest);
    }
  }
}
