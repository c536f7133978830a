import { isRpcError } from '../../errors/rpc-error.js';
import { type ObjectDescription } from '../../object/description.js';
import { describeAt } from './describe.js';
import { type Router } from './router.js';

/** Asks the servers what their objects can do. */
export class Descriptions {
  readonly #router: Router;
  // Many calls of one object may ask at once: those that a connection took with it.
  readonly #asking = new Map<string, Promise<ObjectDescription>>();

  constructor(router: Router) {
    this.#router = router;
  }

  /** Describes an object. @throws RpcError `OBJECT_NOT_FOUND`, `CONNECTION_LOST` */
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

  /** Says whether a method may run twice; `undefined` while nobody is there to tell. */
  async isIdempotent(object: string, method: string): Promise<boolean | undefined> {
    try {
      const { methods } = await this.of(object);
      return methods.some((each) => each.name === method && each.idempotent);
    } catch (error) {
      if (isRpcError(error)) {
        return error.code === 'UNAVAILABLE' || error.code === 'DEADLINE_EXCEEDED' ? undefined : false;
      }
      throw error;
    }
  }

  async #ask(object: string): Promise<ObjectDescription> {
    const address = await this.#router.route(object);
    try {
      return await describeAt(address, object);
    } catch (error) {
      this.#router.forget(object, address);
      const moved = await this.#router.route(object);
      if (moved === address) {
        throw error;
      }
      return describeAt(moved, object);
    }
  }
}
