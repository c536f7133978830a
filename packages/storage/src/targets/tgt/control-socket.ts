import { createConnection } from 'node:net';

import { storageError } from '../../errors.js';
import { decodeResponse, encodeRequest, type Request, type Response } from './request.js';
import { TaskQueue } from './task-queue.js';

/** The messages of tgtd's error numbers, from tgtadm 1.0.85; for people only, as other versions use other numbers. */
const meanings: readonly string[] = [
  'success',
  'unknown error',
  'out of memory',
  "can't find the driver",
  "can't find the target",
  "can't find the logical unit",
  "can't find the session",
  "can't find the connection",
  "can't find the binding",
  'this target already exists',
  'this logical unit number already exists',
  'this binding already exists',
  'this access control rule already exists',
  'this access control rule does not exist',
  'this account already exists',
  "can't find the account",
  'too many accounts',
  'invalid request',
  'this target already has an outgoing account',
  'this target is still active',
  'this logical unit is still active',
  'this driver is busy',
  "this operation isn't supported",
  'unknown parameter',
  'this device has Prevent Removal set',
];

/** The number of "can't find the target", the same in all versions examined. */
export const noSuchTarget = 4;

/**
 * A client of tgtd's control socket. tgtadm itself is not used, because every user of the machine can read a CHAP
 * secret in its arguments while it runs, and because starting a process costs many times as much as the request.
 * Requests are sent one at a time: tgtd serves them sequentially anyway, and refuses connections when many wait.
 */
export class ControlSocket {
  readonly path: string;
  readonly #timeoutMs: number;
  readonly #queue = new TaskQueue();
  #isUnresponsive = false;

  /** @param timeoutMs how long a response may take */
  constructor(path: string, timeoutMs = 10_000) {
    this.path = path;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends one request and returns the text of the response.
   * @throws RpcError `TARGET_TOOL_FAILED` when tgtd refuses it, `TARGET_TOOL_UNAVAILABLE` when it does not respond
   */
  async request(request: Request): Promise<string> {
    const { error, text } = await this.#queue.run(() => {
      if (this.#isUnresponsive) {
        throw this.#noResponse('it runs, but has not responded for a while; it is restarted if it stays so');
      }
      return this.#exchange(request, this.#timeoutMs);
    });
    if (error !== 0) {
      const meaning = meanings[error] ?? `error ${String(error)}`;
      const { mode, op, tid } = request;
      throw storageError(
        'TARGET_TOOL_FAILED',
        `tgtd refused "${op} ${mode}"${tid === undefined ? '' : ` of target ${String(tid)}`}: ${meaning}`,
        // Without the parameters, which may include a secret.
        { details: { mode, op, ...(tid === undefined ? {} : { tid }), error, stderr: meaning } },
      );
    }
    return text;
  }

  /**
   * Probes the daemon, bypassing the queue, and reports whether it responded. After a failed probe requests fail at
   * once; otherwise each queued one would wait for its full timeout.
   */
  async probe(timeoutMs: number): Promise<boolean> {
    try {
      await this.#exchange({ mode: 'system', op: 'show' }, timeoutMs);
      this.#isUnresponsive = false;
    } catch {
      // The reason does not matter here: the caller checks whether the process runs.
      this.#isUnresponsive = true;
    }
    return !this.#isUnresponsive;
  }

  #noResponse(why: string, cause?: Error): Error {
    const details = { socket: this.path };
    return storageError('TARGET_TOOL_UNAVAILABLE', `tgtd does not respond: ${why}`, { cause, details });
  }

  #exchange(request: Request, timeoutMs: number): Promise<Response> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.path);
      const chunks: Buffer[] = [];
      const fail = (why: string, cause?: Error): void => {
        socket.destroy();
        reject(this.#noResponse(why, cause));
      };
      socket.setTimeout(timeoutMs, () => {
        fail(`received nothing for ${String(timeoutMs)} ms`);
      });
      socket.on('connect', () => {
        socket.write(encodeRequest(request));
      });
      socket.on('error', (error) => {
        fail(error.message, error);
      });
      socket.on('data', (chunk) => {
        chunks.push(chunk);
      });
      // tgtd closes the connection after each response.
      socket.on('close', () => {
        const response = decodeResponse(Buffer.concat(chunks));
        if (response === undefined) {
          fail('it closed the connection without a response');
        } else {
          resolve(response);
        }
      });
    });
  }
}
