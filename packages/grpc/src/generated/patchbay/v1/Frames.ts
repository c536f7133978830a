// Original file: proto/patchbay/v1/objects.proto

import type { FrameInput as _patchbay_v1_FrameInput, Frame as _patchbay_v1_Frame } from '../../patchbay/v1/Frame.js';

/**
 * The frames that one side sent in one turn of its event loop, in order; about 256 KiB at most. A larger frame is sent
 * in chunks.
 */
export interface FramesInput {
  'frames'?: (_patchbay_v1_FrameInput)[];
}

/**
 * The frames that one side sent in one turn of its event loop, in order; about 256 KiB at most. A larger frame is sent
 * in chunks.
 */
export interface Frames {
  'frames': (_patchbay_v1_Frame)[];
}
