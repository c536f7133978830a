import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

import { coreError, PeriodicTask, toRpcError } from '@patchbay/objects';
import { collectGarbage, type Dispatcher } from '@patchbay/objects/define';
import { FrameGate, type SessionLimits } from '@patchbay/session/server';

import { maxMessageBytes, MessageSplitter } from '../message-splitter.js';
import { toGrpcStatus } from '../status.js';
import { http2StreamOf } from './session-stream.js';

/** How large the request of a call on a stream of its own may be, in bytes, unless frames are smaller. */
const maxRequestBytes = 8 * 1024 * 1024;

/** From so many bytes on, what was held is worth collecting. */
const garbageBytes = 16 * 1024 * 1024;

/** Something that arrives in parts. */
interface Arriving {
  /** Ends it if too little of it has arrived since the last time. */
  checkProgress(): void;
}

/** Bounds what clients have a server hold before it is a call: together, and for how long. */
export class InputBounds {
  readonly #dispatcher: Dispatcher;
  #limits: SessionLimits;
  /** What the clients have the server hold together. */
  readonly gate: FrameGate;
  readonly #arriving = new Set<Arriving>();
  #progress: PeriodicTask | undefined;

  constructor(dispatcher: Dispatcher, limits: SessionLimits) {
    this.#dispatcher = dispatcher;
    this.#limits = limits;
    this.gate = new FrameGate(limits.maxBufferedBytes);
  }

  /** Bounds the messages of a call; those of sessions are bounded where they are read. */
  bind(call: ServerInterceptingCallInterface): void {
    bindInput(call, this, Math.min(maxRequestBytes, this.#limits.maxFrameBytes));
  }

  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
    this.gate.limitTo(limits.maxBufferedBytes);
  }

  /** Checks the progress of something until it is deleted. */
  add(arriving: Arriving): void {
    this.#arriving.add(arriving);
    this.#progress ??= PeriodicTask.start({
      clock: this.#dispatcher.clock,
      delayMs: this.#limits.frameMs,
      background: true,
      run: async () => {
        await new Promise(setImmediate); // what waits in the sockets counts, if the process was held up
        for (const each of [...this.#arriving]) {
          each.checkProgress();
        }
        this.#collectGarbage();
        return this.#limits.frameMs;
      },
    });
  }

  /** Returns the memory of large frames to the system. */
  #collectGarbage(): void {
    if (this.gate.heldBytes < garbageBytes && this.gate.givenBytes >= garbageBytes) {
      this.gate.givenBytes = 0;
      collectGarbage();
    }
  }

  delete(arriving: Arriving): void {
    this.#arriving.delete(arriving);
  }

  close(): void {
    void this.#progress?.close();
  }
}

/** Splits the input of a stream into messages in place of grpc-js, which would hold 8 MiB for each without a time limit. */
function bindInput(call: ServerInterceptingCallInterface, bounds: InputBounds, maxBytes: number): void {
  const splitter = new MessageSplitter({ maxBytes, framed: true });
  const { gate } = bounds;
  let heldBytes = 0;
  const hold = (bytes: number): void => {
    if (heldBytes === 0 && bytes > 0) {
      bounds.add(arriving);
    } else if (heldBytes > 0 && bytes === 0) {
      bounds.delete(arriving);
    }
    gate.note(bytes - heldBytes);
    heldBytes = bytes;
  };
  const attempt = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      call.sendStatus(toGrpcStatus(toRpcError(error), undefined));
      throw error; // grpc-js takes no more of it
    }
  };
  const arriving: Arriving = {
    checkProgress: () => {
      try {
        splitter.checkProgress();
      } catch (error) {
        hold(0);
        call.sendStatus(toGrpcStatus(toRpcError(error), undefined));
      }
    },
  };
  const write = (data: Buffer): Buffer[] => {
    const messages: Buffer[] = [];
    attempt(() => {
      splitter.push(data, (message) => messages.push(message));
      const { restBytes } = splitter;
      if (restBytes > maxMessageBytes && !gate.hasRoom(restBytes - heldBytes)) {
        throw coreError(
          'MEMORY_EXHAUSTED',
          'the server holds as much input as it may (limits.maxBufferedBytes); try again',
        );
      }
      hold(restBytes);
    });
    return messages;
  };
  (call as unknown as { decoder: { write: typeof write } }).decoder = { write };
  http2StreamOf(call).once('close', () => {
    hold(0);
  });
}
