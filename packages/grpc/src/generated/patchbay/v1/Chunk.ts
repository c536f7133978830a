// Original file: proto/patchbay/v1/objects.proto


/**
 * A part of a frame that is too large for one message. The parts of a frame come in order; other frames may come
 * between them.
 */
export interface ChunkInput {
  /**
   * The number of the large frame; each side counts its own.
   */
  'number'?: (number);
  'data'?: (Buffer | Uint8Array | string);
  /**
   * In the first chunk: the size of the whole encoded frame, in bytes.
   */
  'total'?: (number);
}

/**
 * A part of a frame that is too large for one message. The parts of a frame come in order; other frames may come
 * between them.
 */
export interface Chunk {
  /**
   * The number of the large frame; each side counts its own.
   */
  'number': (number);
  'data': (Buffer);
  /**
   * In the first chunk: the size of the whole encoded frame, in bytes.
   */
  'total': (number);
}
