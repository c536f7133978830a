import { createConnection } from 'node:net';

import { storageError } from '../../errors.js';
import { decodeResponse, encodeRequest, type Request, type Response } from './request.js';
import { Serial } from './serial.js';

/** What tgtd's error numbers mean, in the words of tgtadm 1.0.85; for people only, as other versions number them otherwise. */
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

/** The number of "can't find the target", the same in every version that was looked at. */
export const noSuchTarget = 4;

/**
 * Speaks to tgtd over its control socket, as tgtadm does. tgtadm itself is not used, because a CHAP secret among its
 * arguments can be read by every user of the machine while it runs, and because starting a process costs
 * many times what the request does.
 *
 * Requests go one at a time: tgtd serves them one by one anyhow, and refuses when many wait.
 */
export class ControlSocket {
  readonly path: string;
  readonly #timeoutMs: number;
  readonly #queue = new Serial();
  #isSilent = false;

  /** @param timeoutMs how long an answer may take */
  constructor(path: string, timeoutMs = 10_000) {
    this.path = path;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends one request and gives the text of the answer.
   * @throws RpcError `TARGET_TOOL_FAILED` when tgtd refuses, `TARGET_TOOL_UNAVAILABLE` when it does not answer
   */
  async request(request: Request): Promise<string> {
    const { error, text } = await this.#queue.run(() => {
      if (this.#isSilent) {
        throw this.#noAnswer('it lives, but did not for a while, and is started again if it stays so');
      }
      return this.#exchange(request, this.#timeoutMs);
    });
    if (error !== 0) {
      const meaning = meanings[error] ?? `error ${String(error)}`;
      const { mode, op, tid } = request;
      throw storageError(
        'TARGET_TOOL_FAILED',
        `tgtd refused "${op} ${mode}"${tid === undefined ? '' : ` of target ${String(tid)}`}: ${meaning}`,
        // Not the parameters: a secret may be among them.
        { details: { mode, op, ...(tid === undefined ? {} : { tid }), error, stderr: meaning } },
      );
    }
    return text;
  }

  /**
   * Asks for a sign of life, past what waits in the queue, and says whether it came. While the last one did not come,
   * requests fail at once, or each of those that wait would take the whole of its time.
   */
  async probe(timeoutMs: number): Promise<boolean> {
    try {
      await this.#exchange({ mode: 'system', op: 'show' }, timeoutMs);
      this.#isSilent = false;
    } catch {
      // Why there is no answer is no matter: the caller sees whether the process lives.
      this.#isSilent = true;
    }
    return !this.#isSilent;
  }

  #noAnswer(why: string, cause?: Error): Error {
    const details = { socket: this.path };
    return storageError('TARGET_TOOL_UNAVAILABLE', `tgtd does not answer: ${why}`, { cause, details });
  }

  #exchange(request: Request, timeoutMs: number): Promise<Response> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(this.path);
      const chunks: Buffer[] = [];
      const fail = (why: string, cause?: Error): void => {
        socket.destroy();
        reject(this.#noAnswer(why, cause));
      };
      socket.setTimeout(timeoutMs, () => {
        fail(`nothing came for ${String(timeoutMs)} ms`);
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
      // tgtd closes after each answer.
      socket.on('close', () => {
        const answer = decodeResponse(Buffer.concat(chunks));
        if (answer === undefined) {
          fail('it closed the connection without an answer');
        } else {
          resolve(answer);
        }
      });
    });
  }
}
