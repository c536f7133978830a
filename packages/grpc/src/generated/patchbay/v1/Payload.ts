// Original file: proto/patchbay/v1/objects.proto

import type { AttachmentInput as _patchbay_v1_AttachmentInput, Attachment as _patchbay_v1_Attachment } from '../../patchbay/v1/Attachment.js';

/**
 * A value: JSON, with long strings and bytes attached.
 */
export interface PayloadInput {
  /**
   * The value, with null at the path of each attachment. Empty: undefined.
   */
  'json'?: (Buffer | Uint8Array | string);
  'attachments'?: (_patchbay_v1_AttachmentInput)[];
}

/**
 * A value: JSON, with long strings and bytes attached.
 */
export interface Payload {
  /**
   * The value, with null at the path of each attachment. Empty: undefined.
   */
  'json': (Buffer);
  'attachments': (_patchbay_v1_Attachment)[];
}
