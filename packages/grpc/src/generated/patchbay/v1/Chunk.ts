// Original file: proto/patchbay/v1/objects.proto


/**
 * A part of a frame that is too large for one message. The parts of one frame come in order; other frames may
 * stand between them.
 */
export interface ChunkInput {
  /**
   * Numbers the large frames of one side of the session.
   */
  'number'?: (number);
  'data'?: (Buffer | Uint8Array | string);
  /**
   * The whole frame's encoded size in bytes, in its first chunk.
   */
  'total'?: (number);
}

/**
 * A part of a frame that is too large for one message. The parts of one frame come in order; other frames may
 * stand between them.
 */
export interface Chunk {
  /**
   * Numbers the large frames of one side of the session.
   */
  'number': (number);
  'data': (Buffer);
  /**
   * The whole frame's encoded size in bytes, in its first chunk.
   */
  'total': (number);
}
