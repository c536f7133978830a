import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';

import { encodeFrame, encodeFrames, type Frame, type Payload } from '@patchbay/session';

import { writePrefix } from '../../src/message-splitter.js';

export const paths = {
  session: '/patchbay.v1.ObjectServer/Session',
  describe: '/patchbay.v1.ObjectServer/Describe',
  call: '/patchbay.v1.ObjectServer/Call',
} as const;

/** A connection that does what no library would. */
export class RawClient implements Disposable {
  readonly connection: ClientHttp2Session;
  /** How the server ended the connection; undefined while it has not. */
  goneAwayWith: number | undefined;

  constructor(address: string, initialWindowSize = 65_535) {
    this.connection = connect(`http://${address}`, { settings: { initialWindowSize } });
    this.connection.on('error', () => undefined);
    this.connection.on('goaway', (code: number) => {
      this.goneAwayWith = code;
    });
  }

  open(path: string): ClientHttp2Stream {
    const stream = this.connection.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
      [constants.HTTP2_HEADER_TE]: 'trailers',
    });
    return stream.on('error', () => undefined);
  }

  /** Opens a session and says hello. */
  openSession(client = 'raw', itemWindow = 1): ClientHttp2Stream {
    const stream = this.open(paths.session);
    const hello: Frame = {
      kind: 'hello',
      client,
      maxCalls: 0,
      itemWindow,
      itemCountWindow: 0,
      maxFrameBytes: 0,
      idempotent: [],
    };
    stream.write(message(encodeFrames(hello)));
    return stream;
  }

  [Symbol.dispose](): void {
    this.connection.destroy();
  }
}

/** Puts gRPC's prefix in front of a message. */
export function message(...parts: readonly Uint8Array[]): Buffer {
  const whole = Buffer.concat([Buffer.alloc(5), ...parts]);
  writePrefix(whole, 0);
  return whole;
}

export function invoke(call: number, object: string, method: string, values: Payload): Frame {
  return {
    kind: 'invoke',
    call,
    object,
    method,
    input: { values },
    timeoutMs: 0,
    correlationId: '',
    oneWay: false,
    target: 0,
    ofCall: 0,
    callback: 0,
  };
}

/** Splits a frame into the messages of its chunks. */
export function inChunks(frame: Frame, number = 1): Buffer[] {
  const encoded = encodeFrame(frame);
  const size = 256 * 1024;
  return Array.from({ length: Math.ceil(encoded.length / size) }, (_, index) => {
    const data = encoded.subarray(index * size, (index + 1) * size);
    return message(encodeFrames({ kind: 'chunk', number, data, total: index === 0 ? encoded.length : 0 }));
  });
}
