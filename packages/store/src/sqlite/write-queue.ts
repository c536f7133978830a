import { isRpcError } from '@patchbay/objects';

/** How many writes share a transaction at most, so that reads get their turn between two. */
const maxWritesTogether = 256;

interface WriteQueueOptions {
  readonly inTransaction: (work: () => void) => void;
  readonly asStoreError: (error: unknown) => unknown;
}

interface Waiting {
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts the writes of one turn of the event loop into one transaction: a sync to disk costs far more than a write, so
 * 64 writes at once take little longer than one.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions;
  readonly #waiting: Waiting[] = [];

  constructor(options: WriteQueueOptions) {
    this.#options = options;
  }

  /**
   * Runs a write, and returns its result when that is durable. A write that throws an RpcError is refused alone; it must
   * throw before it has written anything. Any other error fails the transaction, and every write in it.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        run: () => {
          result = work();
        },
        resolve: () => {
          resolve(result);
        },
        reject,
      });
      if (this.#waiting.length === 1) {
        setImmediate(() => {
          this.#flush();
        });
      }
    });
  }

  /** Runs everything that waits, now. */
  drain(): void {
    while (this.#waiting.length > 0) {
      this.#runNext();
    }
  }

  #flush(): void {
    this.#runNext();
    if (this.#waiting.length > 0) {
      setImmediate(() => {
        this.#flush();
      });
    }
  }

  /** Runs the first of the writes that wait, in one transaction. */
  #runNext(): void {
    const writes = this.#waiting.splice(0, maxWritesTogether);
    if (writes.length === 0) {
      return;
    }
    let answers: readonly (() => void)[] = [];
    try {
      this.#options.inTransaction(() => {
        answers = writes.map(runOrRefuse);
      });
    } catch (error) {
      const failure = this.#options.asStoreError(error);
      writes.forEach((write) => {
        write.reject(failure);
      });
      return;
    }
    answers.forEach((answer) => {
      answer();
    });
  }
}

/** Runs one write of a transaction; returns what answers its caller once the transaction is durable. */
function runOrRefuse(write: Waiting): () => void {
  try {
    write.run();
    return write.resolve;
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    return () => {
      write.reject(error);
    };
  }
}
