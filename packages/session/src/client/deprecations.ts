import type { CallMetadata, Log } from '@patchbay/objects';

/** The most methods whose deprecation is remembered. */
const maxMethods = 1_000;

/** Warns once of each deprecated method that a client calls, as its server says with each answer. */
export class Deprecations {
  readonly #log: Log | undefined;
  readonly #warned = new Set<string>();

  /** @param log undefined: node's own warnings, which it prints unless `--no-deprecation` is given */
  constructor(log: Log | undefined) {
    this.#log = log;
  }

  note(call: {
    readonly request: { readonly object: string; readonly method: string };
    readonly title: string;
    readonly responseMetadata: CallMetadata;
  }): void {
    const { title, responseMetadata, request } = call;
    const { deprecated } = responseMetadata;
    if (deprecated === undefined || this.#warned.has(title) || this.#warned.size >= maxMethods) {
      return;
    }
    this.#warned.add(title);
    if (this.#log === undefined) {
      process.emitWarning(`${title} is deprecated: ${deprecated}`, 'DeprecationWarning');
    } else {
      const { object, method } = request;
      this.#log.warn('a deprecated method was called', { object, method, deprecated });
    }
  }
}
