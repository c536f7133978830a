import type { RpcError } from '@patchbay/objects';

import { callerError } from './caller-error.js';
import type { ClientCall } from './client-call.js';
import type { Retries, RetriesOptions } from './retries.js';

/** Takes the calls that failed with their connection. What retries them is loaded when the first is lost. */
export class LostCalls {
  readonly #options: RetriesOptions;
  #retries: Promise<Retries> | undefined;

  constructor(options: RetriesOptions) {
    this.#options = options;
  }

  /** Takes a call that failed with its connection to the server at this address: retries it where that is safe. */
  take(call: ClientCall, error: RpcError, address: string): void {
    this.#retries ??= import('./retries.js').then(({ Retries }) => new Retries(this.#options));
    this.#retries
      .then((retries) => {
        retries.take(call, error, address);
      })
      .catch((unexpected: unknown) => {
        call.fail(callerError(unexpected));
      });
  }
}
