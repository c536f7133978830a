import { encodeFrame } from './encode-frames.js';
import type { Frame } from './frame.js';
import { MessageReader } from './message-reader.js';

/** Returns the bytes of a Hello as it is sent. */
export function encodedHello(hello: Frame & { kind: 'hello' }): Uint8Array {
  const reader = new MessageReader(encodeFrame(hello));
  reader.next();
  reader.enter();
  return reader.rest();
}
