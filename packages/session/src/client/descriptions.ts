import type { ObjectDescription } from '@patchbay/objects';

import type { Router, Transport } from './transport.js';

/** Fetches the descriptions of objects from their servers; asked twice at once, it fetches once. */
export class Descriptions {
  readonly #router: Router;
  readonly #transport: Transport;
  readonly #asking = new Map<string, Promise<ObjectDescription>>();

  constructor(router: Router, transport: Transport) {
    this.#router = router;
    this.#transport = transport;
  }

  /** Returns the description of an object. @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST` */
  of(object: string): Promise<ObjectDescription> {
    let asking = this.#asking.get(object);
    if (asking === undefined) {
      asking = this.#ask(object).finally(() => {
        this.#asking.delete(object);
      });
      this.#asking.set(object, asking);
    }
    return asking;
  }

  async #ask(object: string): Promise<ObjectDescription> {
    const address = await this.#router.route(object);
    try {
      return await this.#transport.describe(address, object);
    } catch (error) {
      this.#router.forget(object, address);
      const moved = await this.#router.route(object);
      if (moved === address) {
        throw error;
      }
      return this.#transport.describe(moved, object);
    }
  }
}
