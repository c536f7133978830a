import type { Frame } from '../protocol/frame.js';

/** Passes on a session's frames one by one, and queues them while the client leaves its answers unread. */
export class ReceiveQueue {
  readonly #take: (frame: Frame) => void;
  readonly #mustWait: () => boolean;
  #queue: readonly Frame[] = [];

  /** @param mustWait reports whether the client must read before more of its frames are taken */
  constructor(take: (frame: Frame) => void, mustWait: () => boolean) {
    this.#take = take;
    this.#mustWait = mustWait;
  }

  /** Whether the next frames must wait. */
  get blocked(): boolean {
    return this.#queue.length > 0 || this.#mustWait();
  }

  push(frames: readonly Frame[]): void {
    for (let index = 0; index < frames.length; index++) {
      if (this.#mustWait()) {
        this.#queue = frames.slice(index);
        return;
      }
      this.#take(frames[index] as Frame);
    }
  }

  /** Passes on what is queued, when the client has read. */
  resume(): void {
    if (this.#queue.length > 0 && !this.#mustWait()) {
      const queue = this.#queue;
      this.#queue = [];
      this.push(queue);
    }
  }

  clear(): void {
    this.#queue = [];
  }
}
