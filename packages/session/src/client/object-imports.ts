import { decodePayload } from '../protocol/decode-payload.js';
import type { Handle, Payload } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';
import type { ClientCall } from './client-call.js';
import { handleOf, type HandleSession, ObjectHandle, objectReference } from './object-handle.js';

/** Makes references to the objects that the server of a session hands out. */
export class ObjectImports {
  readonly #session: HandleSession;
  /** How many objects the client holds that the session has not released. */
  held = 0;

  constructor(session: HandleSession) {
    this.#session = session;
  }

  /** Decodes a value that the server sent for a call. @throws RpcError `MESSAGE_MALFORMED` */
  value(call: ClientCall, payload: Payload): unknown {
    return payload.attachments.length === 0
      ? decodePayload(payload)
      : decodePayload(payload, (handle) => this.reference(call, handle));
  }

  /** Decodes the result of a call, and notes it for pipelined calls where it is an object. */
  result(call: ClientCall, payload: Payload): unknown {
    const result = this.value(call, payload);
    if (payload.attachments.length > 0 && typeof result === 'object' && result !== null) {
      call.outcome = handleOf(result);
    }
    return result;
  }

  /** Makes a reference to the object of a handle. @throws RpcError `MESSAGE_MALFORMED` */
  reference(call: ClientCall, { kind, number }: Handle): object {
    if (kind !== 'object') {
      throw malformed(`a ${kind} of the server's`);
    }
    this.held++;
    return objectReference(call.host, new ObjectHandle(this.#session, number, `${call.title}()`), {
      ...call.request.options,
      isRead: false,
    });
  }

  /** Releases the objects in a value that came for a call whose caller has left. */
  discard(payload: Payload): void {
    for (const { content } of payload.attachments) {
      if (typeof content === 'object' && 'kind' in content) {
        this.held++;
        this.#session.release(content.number);
      }
    }
  }
}
