import { coreError } from '@patchbay/objects';

/** The length of the header of an HTTP/2 frame, in bytes. */
export const frameHeaderBytes = 9;

/** How long the payload of a frame may be unless its receiver allows more, in bytes; ours does not. */
export const standardFrameBytes = 16_384;

/** The types of frames that are handled; all others are skipped. RFC 9113, section 6. */
export const frameTypes = {
  data: 0x0,
  headers: 0x1,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goAway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

/** The flags of frames; the meaning of a bit depends on the type. */
export const frameFlags = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Writes the header of a frame into the first nine bytes of a buffer. */
export function writeFrameHeader(
  into: Buffer,
  type: number,
  flags: number,
  stream: number,
  length: number,
): void {
  into.writeUIntBE(length, 0, 3);
  into[3] = type;
  into[4] = flags;
  into.writeUInt32BE(stream, 5);
}

export function makeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  writeFrameHeader(frame, type, flags, stream, payload.length);
  frame.set(payload, frameHeaderBytes);
  return frame;
}

export function uint32(value: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(value);
  return payload;
}

/** Reads a 31-bit number, as all of HTTP/2's are; the bit above is reserved. @throws RpcError `MESSAGE_MALFORMED` */
export function uint31At(payload: Buffer, at: number): number {
  if (payload.length < at + 4) {
    throw coreError('MESSAGE_MALFORMED', 'the server sent an HTTP/2 frame that is too short');
  }
  return payload.readUInt32BE(at) & 0x7fff_ffff;
}

/** The names of the error codes, by number. RFC 9113, section 7. */
const errorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export const enhanceYourCalm = 11;

export function errorName(code: number): string {
  return errorNames[code] ?? `error ${String(code)}`;
}
