import { type Frame } from '../protocol/frame.js';

/** Takes a session's frames one by one, and holds them back while the client does not read what it is owed. */
export class HeldFrames {
  readonly #take: (frame: Frame) => void;
  readonly #owing: () => boolean;
  #held: readonly Frame[] = [];

  /** @param owing says whether the client shall read before more of its frames are taken */
  constructor(take: (frame: Frame) => void, owing: () => boolean) {
    this.#take = take;
    this.#owing = owing;
  }

  /** Whether the next frames are to wait. */
  get blocked(): boolean {
    return this.#held.length > 0 || this.#owing();
  }

  takeAll(frames: readonly Frame[]): void {
    for (let index = 0; index < frames.length; index++) {
      if (this.#owing()) {
        this.#held = frames.slice(index);
        return;
      }
      this.#take(frames[index] as Frame);
    }
  }

  /** Goes on with what is held, when the client has read. */
  resume(): void {
    if (this.#held.length > 0 && !this.#owing()) {
      const held = this.#held;
      this.#held = [];
      this.takeAll(held);
    }
  }

  drop(): void {
    this.#held = [];
  }
}
