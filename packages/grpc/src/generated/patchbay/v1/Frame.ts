// Original file: proto/patchbay/v1/objects.proto

import type { HelloInput as _patchbay_v1_HelloInput, Hello as _patchbay_v1_Hello } from '../../patchbay/v1/Hello.js';
import type { InvokeInput as _patchbay_v1_InvokeInput, Invoke as _patchbay_v1_Invoke } from '../../patchbay/v1/Invoke.js';
import type { CancelInput as _patchbay_v1_CancelInput, Cancel as _patchbay_v1_Cancel } from '../../patchbay/v1/Cancel.js';
import type { CreditInput as _patchbay_v1_CreditInput, Credit as _patchbay_v1_Credit } from '../../patchbay/v1/Credit.js';
import type { ItemInput as _patchbay_v1_ItemInput, Item as _patchbay_v1_Item } from '../../patchbay/v1/Item.js';
import type { ResultInput as _patchbay_v1_ResultInput, Result as _patchbay_v1_Result } from '../../patchbay/v1/Result.js';
import type { FailureInput as _patchbay_v1_FailureInput, Failure as _patchbay_v1_Failure } from '../../patchbay/v1/Failure.js';
import type { ChunkInput as _patchbay_v1_ChunkInput, Chunk as _patchbay_v1_Chunk } from '../../patchbay/v1/Chunk.js';
import type { EndInput as _patchbay_v1_EndInput, End as _patchbay_v1_End } from '../../patchbay/v1/End.js';
import type { ReleaseInput as _patchbay_v1_ReleaseInput, Release as _patchbay_v1_Release } from '../../patchbay/v1/Release.js';
import type { HeartbeatInput as _patchbay_v1_HeartbeatInput, Heartbeat as _patchbay_v1_Heartbeat } from '../../patchbay/v1/Heartbeat.js';
import type { SubscriptionInput as _patchbay_v1_SubscriptionInput, Subscription as _patchbay_v1_Subscription } from '../../patchbay/v1/Subscription.js';

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
  'heartbeat'?: (_patchbay_v1_HeartbeatInput | null);
  'subscription'?: (_patchbay_v1_SubscriptionInput | null);
  'kind'?: "hello"|"invoke"|"cancel"|"credit"|"item"|"result"|"failure"|"chunk"|"end"|"release"|"heartbeat"|"subscription";
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
  'heartbeat'?: (_patchbay_v1_Heartbeat | null);
  'subscription'?: (_patchbay_v1_Subscription | null);
  'kind'?: "hello"|"invoke"|"cancel"|"credit"|"item"|"result"|"failure"|"chunk"|"end"|"release"|"heartbeat"|"subscription";
}
