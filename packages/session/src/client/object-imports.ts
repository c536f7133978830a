import { type Handle, type Payload } from '../protocol/frame.js';
import { malformed } from '../protocol/message-reader.js';
import { decodePayload } from '../protocol/payload.js';
import { type ClientCall } from './client-call.js';
import { handleOf, type HandleSession, ObjectHandle, objectReference } from './object-handle.js';

/** Makes objects that can be called of those that a session's server hands out. */
export class ObjectImports {
  readonly #session: HandleSession;

  constructor(session: HandleSession) {
    this.#session = session;
  }

  /** Reads what the server sent for a call. @throws RpcError `MESSAGE_MALFORMED` */
  value(call: ClientCall, payload: Payload): unknown {
    return payload.attachments.length === 0
      ? decodePayload(payload)
      : decodePayload(payload, (handle) => this.reference(call, handle));
  }

  /** Reads the result of a call, which is then what is called on by those that did not wait for it. */
  result(call: ClientCall, payload: Payload): unknown {
    const result = this.value(call, payload);
    if (payload.attachments.length > 0 && typeof result === 'object' && result !== null) {
      call.outcome = handleOf(result);
    }
    return result;
  }

  /** Makes the object that a handle stands for. @throws RpcError `MESSAGE_MALFORMED` */
  reference(call: ClientCall, { kind, number }: Handle): object {
    if (kind !== 'object') {
      throw malformed(`a ${kind} of the server's`);
    }
    return objectReference(
      call.host,
      new ObjectHandle(this.#session, number, `${call.title}()`),
      call.request.options,
    );
  }

  /** Lets go of the objects in what came for a call whose caller has left. */
  discard(payload: Payload): void {
    for (const { content } of payload.attachments) {
      if (typeof content === 'object' && 'kind' in content) {
        this.#session.release(content.number);
      }
    }
  }
}
