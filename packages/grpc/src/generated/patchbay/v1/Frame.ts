// Original file: proto/patchbay/v1/objects.proto

import { type Hello as _patchbay_v1_Hello, type HelloInput as _patchbay_v1_HelloInput } from './Hello.js';
import { type Invoke as _patchbay_v1_Invoke, type InvokeInput as _patchbay_v1_InvokeInput } from './Invoke.js';
import { type Cancel as _patchbay_v1_Cancel, type CancelInput as _patchbay_v1_CancelInput } from './Cancel.js';
import { type Credit as _patchbay_v1_Credit, type CreditInput as _patchbay_v1_CreditInput } from './Credit.js';
import { type Item as _patchbay_v1_Item, type ItemInput as _patchbay_v1_ItemInput } from './Item.js';
import { type Result as _patchbay_v1_Result, type ResultInput as _patchbay_v1_ResultInput } from './Result.js';
import { type Failure as _patchbay_v1_Failure, type FailureInput as _patchbay_v1_FailureInput } from './Failure.js';
import { type Chunk as _patchbay_v1_Chunk, type ChunkInput as _patchbay_v1_ChunkInput } from './Chunk.js';
import { type End as _patchbay_v1_End, type EndInput as _patchbay_v1_EndInput } from './End.js';
import { type Release as _patchbay_v1_Release, type ReleaseInput as _patchbay_v1_ReleaseInput } from './Release.js';

export interface FrameInput {
  'hello'?: (_patchbay_v1_HelloInput | null);
  'invoke'?: (_patchbay_v1_InvokeInput | null);
  'cancel'?: (_patchbay_v1_CancelInput | null);
  'credit'?: (_patchbay_v1_CreditInput | null);
  'item'?: (_patchbay_v1_ItemInput | null);
  'result'?: (_patchbay_v1_ResultInput | null);
  'failure'?: (_patchbay_v1_FailureInput | null);
  'chunk'?: (_patchbay_v1_ChunkInput | null);
  'end'?: (_patchbay_v1_EndInput | null);
  'release'?: (_patchbay_v1_ReleaseInput | null);
  'kind'?: "hello"|"invoke"|"cancel"|"credit"|"item"|"result"|"failure"|"chunk"|"end"|"release";
}

export interface Frame {
  'hello'?: (_patchbay_v1_Hello | null);
  'invoke'?: (_patchbay_v1_Invoke | null);
  'cancel'?: (_patchbay_v1_Cancel | null);
  'credit'?: (_patchbay_v1_Credit | null);
  'item'?: (_patchbay_v1_Item | null);
  'result'?: (_patchbay_v1_Result | null);
  'failure'?: (_patchbay_v1_Failure | null);
  'chunk'?: (_patchbay_v1_Chunk | null);
  'end'?: (_patchbay_v1_End | null);
  'release'?: (_patchbay_v1_Release | null);
  'kind'?: "hello"|"invoke"|"cancel"|"credit"|"item"|"result"|"failure"|"chunk"|"end"|"release";
}
