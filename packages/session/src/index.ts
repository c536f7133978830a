/**
 * The protocol that both ends of a session speak: frames and their encoding.
 *
 * @module @patchbay/session
 */
export { type Attachment, type Frame, noAuth, type Payload } from './protocol/frame.js';
export { encodeFrame, encodeFrames } from './protocol/encode-frames.js';
export { decodeFrame, decodeFrames } from './protocol/decode-frames.js';
export { encodePayload } from './protocol/encode-payload.js';
export { type Keepalive, keepaliveOf, sleepAwake } from './keepalive.js';
export { watchLiveness } from './liveness.js';
export { carriedParts } from './protocol/failure.js';
export { unfinished } from './protocol/inbox.js';
export { copyJson, pathText } from './protocol/json-copy.js';
export { MessageReader } from './protocol/message-reader.js';
