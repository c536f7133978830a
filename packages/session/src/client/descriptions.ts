import { handled, isRpcError, type ObjectDescription } from '@patchbay/objects';

import type { ObjectClientOptions } from './client-options.js';

/** Fetches the descriptions of objects from their servers; asked twice at once, it fetches once. */
export class Descriptions {
  readonly #options: Pick<ObjectClientOptions, 'router' | 'transport'>;
  readonly #asking = new Map<string, Promise<ObjectDescription>>();

  constructor(options: Pick<ObjectClientOptions, 'router' | 'transport'>) {
    this.#options = options;
  }

  /** Returns the description of an object. @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST` */
  of(object: string, onBehalfOf?: string): Promise<ObjectDescription> {
    const key = `${onBehalfOf ?? ''} ${object}`;
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = handled(
        this.#ask(object, onBehalfOf).finally(() => {
          this.#asking.delete(key);
        }),
      );
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #ask(object: string, onBehalfOf: string | undefined): Promise<ObjectDescription> {
    const { router, transport } = this.#options;
    const at = await router.route(object);
    try {
      return await transport.describe(at, object, onBehalfOf);
    } catch (error) {
      router.forget(object, at);
      const moved = await router.route(object);
      if (moved.key === at.key) {
        const isUnreached = isRpcError(error) && error.code === 'UNAVAILABLE';
        const explained = isUnreached ? router.explain?.(object, at, error) : undefined;
        throw (await explained) ?? error;
      }
      return transport.describe(moved, object, onBehalfOf);
    }
  }
}
