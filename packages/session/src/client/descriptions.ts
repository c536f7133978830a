import { coreError, handled, isRpcError, type ObjectDescription } from '@patchbay/objects';

import type { CallSender } from './call-sender.js';
import type { Router } from './transport.js';

/** Fetches the descriptions of objects from their servers; asked twice at once, it fetches once. */
export class Descriptions {
  readonly #sender: Pick<CallSender, 'describe'>;
  readonly #router: Router;
  readonly #asking = new Map<string, Promise<ObjectDescription>>();

  constructor(sender: Pick<CallSender, 'describe'>, router: Router) {
    this.#sender = sender;
    this.#router = router;
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

  /** Asks over the session with the server of the object, with the same proofs and retries as calls. */
  async #ask(object: string, onBehalfOf: string | undefined): Promise<ObjectDescription> {
    const options = onBehalfOf === undefined ? {} : { onBehalfOf };
    const at = await this.#router.route(object);
    try {
      return await read(object, this.#sender.describe(object, options));
    } catch (error) {
      if (!isRpcError(error, 'OBJECT_NOT_FOUND')) {
        throw error;
      }
      this.#router.forget(object, at); // it may have moved
      const moved = await this.#router.route(object);
      if (moved.key === at.key) {
        throw error;
      }
      return await read(object, this.#sender.describe(object, options));
    }
  }
}

/** Checks a description. What does is loaded on demand, as calls do without. @throws RpcError `MESSAGE_MALFORMED` */
async function read(object: string, answer: Promise<unknown>): Promise<ObjectDescription> {
  const [{ objectDescription }, described] = await Promise.all([import('@patchbay/objects/define'), answer]);
  const parsed = objectDescription.safeParse(described);
  if (!parsed.success) {
    const message = `"${object}" is described in a way that this version cannot read`;
    throw coreError('MESSAGE_MALFORMED', message);
  }
  return parsed.data;
}
