/**
 * What both ends of a session share: frames and their codec, flow control, payloads.
 *
 * @module @patchbay/session
 */
export { CallNumbers, callNumberWindow } from './protocol/call-numbers.js';
export { decodeFrame, decodeFrames } from './protocol/decode-frames.js';
export { encodeFrame, encodeFrames } from './protocol/encode-frame.js';
export { type Attachment, type Frame, type Payload } from './protocol/frame.js';
export { MessageReader } from './protocol/message-reader.js';
export { type MessageStream } from './protocol/message-stream.js';
export { encodePayload } from './protocol/payload.js';
