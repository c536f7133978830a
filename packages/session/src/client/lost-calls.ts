import type { RpcError } from '@patchbay/objects';

import { callerError } from './caller-error.js';
import type { ClientCall } from './client-call.js';
import type { Destination } from './destination.js';
import type { Retries, RetriesOptions } from './retries.js';

/** Takes the calls that failed with their connection. What retries them is loaded when the first is lost. */
export class LostCalls {
  readonly #options: RetriesOptions;
  #retries: Promise<Retries> | undefined;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Takes a call that failed with its connection to the server there: retries it where that is safe. */
  take(call: ClientCall, error: RpcError, from: Destination): void {
    this.#retries ??= import('./retries.js').then(({ Retries }) => new Retries(this.#options));
    this.#retries
      .then((retries) => {
        retries.take(call, error, from);
      })
      .catch((unexpected: unknown) => {
        call.fail(callerError(unexpected));
      });
  }
}
