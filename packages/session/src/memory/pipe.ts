export interface PipeEnd {
  readonly take: (message: Buffer) => void;
  /** Reports whether there is room for the next one; `resume` follows when that changes. */
  readonly ready: () => boolean;
  readonly onEnd: () => void;
  readonly onDelivered?: () => void;
}

/** Carries messages one way, in order, and never within the turn in which they were written. */
export class Pipe {
  readonly #end: PipeEnd;
  #queue: Buffer[] = [];
  /** How many bytes were not delivered yet. */
  bytes = 0;
  #scheduled = false;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(end: PipeEnd) {
    this.#end = end;
  }

  /** Queues a copy of a message, as a connection would: decoded values are views of it. */
  write(message: Buffer, tail?: Uint8Array): void {
    if (this.#state === 'open') {
      const copy = Buffer.concat(tail === undefined ? [message] : [message, tail]);
      this.#queue.push(copy);
      this.bytes += copy.length;
      this.resume();
    }
  }

  /** Ends the pipe behind what was written. */
  end(): void {
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.resume();
    }
  }

  /** Drops what was not delivered, and ends now, without `onEnd`. */
  close(): void {
    this.#state = 'ended';
    this.#queue = [];
    this.bytes = 0;
  }

  /** Delivers what there is room for, in the next turn. */
  resume(): void {
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
      this.bytes -= message.length;
      this.#end.take(message);
      this.#end.onDelivered?.();
    }
    if (this.#queue.length === 0 && this.#state === 'ending') {
      this.#state = 'ended';
      this.#end.onEnd();
    }
  }
}
