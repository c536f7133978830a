// Original file: proto/patchbay/v1/objects.proto

import type { FrameInput as _patchbay_v1_FrameInput, Frame as _patchbay_v1_Frame } from '../../patchbay/v1/Frame.js';

/**
 * Everything that one side had to say in one turn of its event loop, in order, near 256 KiB at most; a frame
 * larger than that travels in chunks.
 */
export interface FramesInput {
  'frames'?: (_patchbay_v1_FrameInput)[];
}

/**
 * Everything that one side had to say in one turn of its event loop, in order, near 256 KiB at most; a frame
 * larger than that travels in chunks.
 */
export interface Frames {
  'frames': (_patchbay_v1_Frame)[];
}
