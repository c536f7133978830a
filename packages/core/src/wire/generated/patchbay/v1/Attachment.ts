// Original file: proto/patchbay/v1/objects.proto


export interface AttachmentInput {
  /**
   * Where it belongs: object keys and array indexes, from the outside in.
   */
  'path'?: (string)[];
  'text'?: (string);
  'data'?: (Buffer | Uint8Array | string);
  'content'?: "text"|"data";
}

export interface Attachment {
  /**
   * Where it belongs: object keys and array indexes, from the outside in.
   */
  'path': (string)[];
  'text'?: (string);
  'data'?: (Buffer);
  'content'?: "text"|"data";
}
