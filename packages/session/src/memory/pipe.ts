/** Where a pipe's messages go. */
export interface PipeEnd {
  /** Takes a message. */
  readonly take: (message: Buffer) => void;
  /** Says whether there is room for the next one; the pipe is told by `goOn` when that changes. */
  readonly ready: () => boolean;
  /** Hears, once, that nothing more comes. */
  readonly onEnd: () => void;
  /** Hears that messages have left. */
  readonly onLeft: () => void;
}

/** Carries messages one way, in order and never within the turn in which they were written. */
export class Pipe {
  readonly #end: PipeEnd;
  #queue: Buffer[] = [];
  #bytes = 0;
  #scheduled = false;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(end: PipeEnd) {
    this.#end = end;
  }

  /** How much has not left yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a message, which is copied, as a connection would: what is read from it are views of no one else's. */
  write(message: Buffer, tail?: Uint8Array): void {
    if (this.#state === 'open') {
      const copy = Buffer.concat(tail === undefined ? [message] : [message, tail]);
      this.#queue.push(copy);
      this.#bytes += copy.length;
      this.goOn();
    }
  }

  /** Says that nothing more comes behind what was written. */
  end(): void {
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.goOn();
    }
  }

  /** Drops what has not left, and ends now, silently. */
  close(): void {
    this.#state = 'ended';
    this.#queue = [];
    this.#bytes = 0;
  }

  /** Delivers soon what there is room for. */
  goOn(): void {
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#deliver();
      });
    }
  }

  #deliver(): void {
    while (this.#queue.length > 0 && this.#end.ready()) {
      const message = this.#queue.shift() as Buffer;
      this.#bytes -= message.length;
      this.#end.take(message);
      this.#end.onLeft();
    }
    if (this.#queue.length === 0 && this.#state === 'ending') {
      this.#state = 'ended';
      this.#end.onEnd();
    }
  }
}
