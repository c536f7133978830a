interface Waiting {
  readonly bytes: number;
  readonly admitted: () => void;
}

/**
 * Admits the large frames of all sessions of a server, which bounds the memory that they take together, and lets one of
 * them be handled per turn of the event loop, so that others are answered between two.
 */
export class FrameGate {
  #maxBytes: number;
  #heldBytes = 0;
  /** How many bytes were given back since it was last set to 0. */
  givenBytes = 0;
  #waiting: Waiting[] = [];
  #turns: (() => void)[] = [];

  /** @param maxBytes how many bytes may be held */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  limitTo(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#admitNext();
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether half of the memory is taken: then clients that read slowly get less of it. */
  get crowded(): boolean {
    return this.#heldBytes > this.#maxBytes / 2;
  }

  /**
   * Reserves memory, which must be given back, and reports whether there was room. If there was not, it is reserved
   * later, in the order of requests, and reported by `admitted`.
   */
  admit(bytes: number, admitted: () => void): boolean {
    if (this.#waiting.length === 0 && this.hasRoom(bytes)) {
      this.#heldBytes += bytes;
      return true;
    }
    this.#waiting.push({ bytes, admitted });
    return false;
  }

  /** Reports whether there is room. What is larger than all of it has room alone. */
  hasRoom(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#maxBytes;
  }

  /** Counts bytes that are held whether or not there is room: of answers, for one. Negative: that are no longer. */
  note(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes < 0) {
      this.givenBytes -= bytes;
      this.#admitNext();
    }
  }

  /** Releases reserved memory. */
  give(bytes: number): void {
    this.note(-bytes);
  }

  /** Runs an action in a turn of its own, in the order of requests. */
  inTurn(action: () => void): void {
    if (this.#turns.push(action) === 1) {
      setImmediate(this.#nextTurn);
    }
  }

  readonly #nextTurn = (): void => {
    const action = this.#turns.shift();
    if (this.#turns.length > 0) {
      setImmediate(this.#nextTurn);
    }
    action?.();
  };

  #admitNext(): void {
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || !this.hasRoom(next.bytes)) {
        return;
      }
      this.#waiting.shift();
      this.#heldBytes += next.bytes;
      next.admitted();
    }
  }
}
