import { isRpcError, type RpcError } from '@patchbay/objects';

import { type KeyPath, keyText } from './key-path.js';
import { locateErrors } from './locate-errors.js';

/** Where a configuration was read from. */
export interface ConfigurationSource {
  /** The path of the YAML file; absent when there is none. */
  readonly file?: string | undefined;
  /** The values that take precedence over the file, by key: `{ 'log.level': 'debug' }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

/** Checks what the values of a configuration refer to, and collects the errors, each located in the file. */
export class ConfigurationChecks {
  readonly #source: ConfigurationSource;
  readonly #errors: RpcError[] = [];

  constructor(source: ConfigurationSource) {
    this.#source = source;
  }

  /**
   * Runs a check of the value at a key.
   * @param pathOf returns a more exact path for an error; default: that of the key
   * @throws errors other than `RpcError`: bugs
   */
  async check(
    key: KeyPath,
    work: () => unknown,
    pathOf: (error: RpcError) => KeyPath = () => key,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isRpcError(error)) {
        throw error;
      }
      this.#errors.push(...this.#located(pathOf(error), error));
    }
  }

  /** @throws AggregateError with an RpcError for each problem, if there is any */
  finish(): void {
    if (this.#errors.length > 0) {
      throw new AggregateError(this.#errors, 'the configuration is invalid');
    }
  }

  #located(path: KeyPath, error: RpcError): readonly RpcError[] {
    const { file, flags = {} } = this.#source;
    return file === undefined || flags[keyText(path)] !== undefined
      ? [error]
      : locateErrors(file, path, error);
  }
}
