import { decodeFrame, decodeFrames } from '../protocol/decode-frames.js';
import type { Frame } from '../protocol/frame.js';
import { Inbox } from '../protocol/inbox.js';
import type { FrameGate } from './frame-gate.js';

export interface FrameIntakeOptions {
  readonly gate: FrameGate;
  /** The largest frame to accept, in bytes. */
  readonly maxFrameBytes: number;
  /** Reports whether the client must read its answers before more of its frames are taken. */
  readonly mustWait: () => boolean;
  /** Takes a frame. @param heldBytes how many bytes of the gate it holds, to be given back */
  readonly take: (frame: Frame, heldBytes: number) => void;
  /** Runs an action in a turn of its own, and ends the session with what it throws. */
  readonly attempt: (action: () => void) => void;
}

/** How many frames of one session are taken before others have a turn. */
const framesPerTurn = 256;

const nothing: readonly Frame[] = [];

/** Takes the frames of one session in their order, while nothing has to be waited for. */
export class FrameIntake {
  readonly #options: FrameIntakeOptions;
  readonly #inbox: Inbox;
  #queue: readonly Frame[] = nothing;
  #next = 0;
  #takenSinceTurn = 0;
  /** Whether it waits for its turn, or for room. */
  #waits = false;
  /** Reserved for the frame whose first chunk is next. */
  #admittedBytes = 0;
  /** Of the frame that waits for its turn. */
  #wholeBytes = 0;
  #closed = false;

  constructor(options: FrameIntakeOptions) {
    this.#options = options;
    this.#inbox = new Inbox(options.maxFrameBytes);
  }

  /** Accepts frames of another size from now on, in bytes. */
  limitTo(maxFrameBytes: number): void {
    this.#inbox.maxFrameBytes = maxFrameBytes;
  }

  /** Whether receiving is paused: frames wait for their turn, for memory, or for the client to read. */
  get blocked(): boolean {
    return this.#waits || this.#next < this.#queue.length || this.#options.mustWait();
  }

  /** Takes a message. @throws RpcError when it violates the protocol */
  receive(message: Buffer): void {
    if (this.#closed) {
      return;
    }
    const frames = decodeFrames(message);
    this.#queue = this.#next < this.#queue.length ? this.#queue.slice(this.#next).concat(frames) : frames;
    this.#next = 0;
    this.resume();
  }

  /** Takes the frames that wait. @throws RpcError as `receive` */
  resume(): void {
    while (!this.#waits && this.#next < this.#queue.length) {
      if (this.#options.mustWait()) {
        return;
      }
      if (++this.#takenSinceTurn > framesPerTurn) {
        this.#takenSinceTurn = 0;
        this.#waits = true;
        setImmediate(() => {
          this.#proceed();
        });
        return;
      }
      const frame = this.#queue[this.#next] as Frame;
      if (frame.kind === 'chunk') {
        this.#takeChunk(frame);
      } else {
        this.#next++;
        this.#options.take(frame, 0);
      }
    }
  }

  /** Checks that what has begun to arrive still does. @throws RpcError `MESSAGE_UNFINISHED` */
  checkProgress(): void {
    if (!this.blocked) {
      this.#inbox.checkProgress();
    }
  }

  /** Takes no more but the one-way calls that have arrived whole, and gives back what else it holds. */
  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#options.gate.give(this.#inbox.heldBytes + this.#admittedBytes);
      if (this.#wholeBytes === 0) {
        this.#takeLast(this.#queue.slice(this.#next));
      }
    }
  }

  #takeChunk(chunk: Frame & { kind: 'chunk' }): void {
    const { gate } = this.#options;
    const needed = this.#inbox.neededBytes(chunk);
    if (needed > this.#admittedBytes) {
      const hasRoom = gate.admit(needed, () => {
        if (this.#closed) {
          gate.give(needed);
        } else {
          this.#admittedBytes = needed;
          this.#proceed();
        }
      });
      if (!hasRoom) {
        this.#waits = true;
        return;
      }
    }
    this.#next++;
    const whole = this.#inbox.add(chunk);
    this.#admittedBytes = 0;
    if (whole !== undefined) {
      this.#waits = true;
      this.#wholeBytes = whole.length;
      gate.inTurn(() => {
        this.#proceed(whole);
      });
    }
  }

  /** Goes on in a turn of its own. @param whole the encoded frame whose turn it is */
  #proceed(whole?: Buffer): void {
    if (this.#closed) {
      this.#takeLast(this.#queue.slice(this.#next), whole);
      return;
    }
    this.#options.attempt(() => {
      this.#waits = false;
      if (whole !== undefined) {
        const frame = decodeFrame(whole);
        this.#wholeBytes = 0;
        this.#options.take(frame, whole.length);
      }
      this.resume();
    });
  }

  /** Takes the one-way calls among the last frames, as they do not end with their session, and drops the others. */
  #takeLast(frames: readonly Frame[], whole?: Buffer): void {
    this.#queue = nothing;
    this.#next = 0;
    let heldBytes = whole?.length ?? 0;
    try {
      for (const frame of whole === undefined ? frames : [decodeFrame(whole), ...frames]) {
        if (frame.kind === 'invoke' && frame.oneWay) {
          this.#options.take(frame, heldBytes);
          heldBytes = 0;
        }
      }
    } catch {
      // Nobody is left to be told of a violation.
    }
    this.#options.gate.give(heldBytes);
  }
}
