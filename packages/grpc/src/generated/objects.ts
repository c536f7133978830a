import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ListValueInput as _google_protobuf_ListValueInput, ListValue as _google_protobuf_ListValue } from './google/protobuf/ListValue.js';
import type { StructInput as _google_protobuf_StructInput, Struct as _google_protobuf_Struct } from './google/protobuf/Struct.js';
import type { ValueInput as _google_protobuf_ValueInput, Value as _google_protobuf_Value } from './google/protobuf/Value.js';
import type { AttachmentInput as _patchbay_v1_AttachmentInput, Attachment as _patchbay_v1_Attachment } from './patchbay/v1/Attachment.js';
import type { CallRequestInput as _patchbay_v1_CallRequestInput, CallRequest as _patchbay_v1_CallRequest } from './patchbay/v1/CallRequest.js';
import type { CallResponseInput as _patchbay_v1_CallResponseInput, CallResponse as _patchbay_v1_CallResponse } from './patchbay/v1/CallResponse.js';
import type { CancelInput as _patchbay_v1_CancelInput, Cancel as _patchbay_v1_Cancel } from './patchbay/v1/Cancel.js';
import type { ChunkInput as _patchbay_v1_ChunkInput, Chunk as _patchbay_v1_Chunk } from './patchbay/v1/Chunk.js';
import type { CreditInput as _patchbay_v1_CreditInput, Credit as _patchbay_v1_Credit } from './patchbay/v1/Credit.js';
import type { DescribeRequestInput as _patchbay_v1_DescribeRequestInput, DescribeRequest as _patchbay_v1_DescribeRequest } from './patchbay/v1/DescribeRequest.js';
import type { DescribeResponseInput as _patchbay_v1_DescribeResponseInput, DescribeResponse as _patchbay_v1_DescribeResponse } from './patchbay/v1/DescribeResponse.js';
import type { EndInput as _patchbay_v1_EndInput, End as _patchbay_v1_End } from './patchbay/v1/End.js';
import type { FailureInput as _patchbay_v1_FailureInput, Failure as _patchbay_v1_Failure } from './patchbay/v1/Failure.js';
import type { FrameInput as _patchbay_v1_FrameInput, Frame as _patchbay_v1_Frame } from './patchbay/v1/Frame.js';
import type { FramesInput as _patchbay_v1_FramesInput, Frames as _patchbay_v1_Frames } from './patchbay/v1/Frames.js';
import type { HeartbeatInput as _patchbay_v1_HeartbeatInput, Heartbeat as _patchbay_v1_Heartbeat } from './patchbay/v1/Heartbeat.js';
import type { HelloInput as _patchbay_v1_HelloInput, Hello as _patchbay_v1_Hello } from './patchbay/v1/Hello.js';
import type { IdempotentMethodsInput as _patchbay_v1_IdempotentMethodsInput, IdempotentMethods as _patchbay_v1_IdempotentMethods } from './patchbay/v1/IdempotentMethods.js';
import type { InvokeInput as _patchbay_v1_InvokeInput, Invoke as _patchbay_v1_Invoke } from './patchbay/v1/Invoke.js';
import type { ItemInput as _patchbay_v1_ItemInput, Item as _patchbay_v1_Item } from './patchbay/v1/Item.js';
import type { ObjectServerClient as _patchbay_v1_ObjectServerClient, ObjectServerDefinition as _patchbay_v1_ObjectServerDefinition } from './patchbay/v1/ObjectServer.js';
import type { PayloadInput as _patchbay_v1_PayloadInput, Payload as _patchbay_v1_Payload } from './patchbay/v1/Payload.js';
import type { ReleaseInput as _patchbay_v1_ReleaseInput, Release as _patchbay_v1_Release } from './patchbay/v1/Release.js';
import type { ResultInput as _patchbay_v1_ResultInput, Result as _patchbay_v1_Result } from './patchbay/v1/Result.js';
import type { SubscriptionInput as _patchbay_v1_SubscriptionInput, Subscription as _patchbay_v1_Subscription } from './patchbay/v1/Subscription.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      ListValue: MessageTypeDefinition<_google_protobuf_ListValueInput, _google_protobuf_ListValue>
      NullValue: EnumTypeDefinition
      Struct: MessageTypeDefinition<_google_protobuf_StructInput, _google_protobuf_Struct>
      Value: MessageTypeDefinition<_google_protobuf_ValueInput, _google_protobuf_Value>
    }
  }
  patchbay: {
    v1: {
      Attachment: MessageTypeDefinition<_patchbay_v1_AttachmentInput, _patchbay_v1_Attachment>
      CallRequest: MessageTypeDefinition<_patchbay_v1_CallRequestInput, _patchbay_v1_CallRequest>
      CallResponse: MessageTypeDefinition<_patchbay_v1_CallResponseInput, _patchbay_v1_CallResponse>
      Cancel: MessageTypeDefinition<_patchbay_v1_CancelInput, _patchbay_v1_Cancel>
      Chunk: MessageTypeDefinition<_patchbay_v1_ChunkInput, _patchbay_v1_Chunk>
      Credit: MessageTypeDefinition<_patchbay_v1_CreditInput, _patchbay_v1_Credit>
      DescribeRequest: MessageTypeDefinition<_patchbay_v1_DescribeRequestInput, _patchbay_v1_DescribeRequest>
      DescribeResponse: MessageTypeDefinition<_patchbay_v1_DescribeResponseInput, _patchbay_v1_DescribeResponse>
      End: MessageTypeDefinition<_patchbay_v1_EndInput, _patchbay_v1_End>
      Failure: MessageTypeDefinition<_patchbay_v1_FailureInput, _patchbay_v1_Failure>
      Frame: MessageTypeDefinition<_patchbay_v1_FrameInput, _patchbay_v1_Frame>
      Frames: MessageTypeDefinition<_patchbay_v1_FramesInput, _patchbay_v1_Frames>
      Heartbeat: MessageTypeDefinition<_patchbay_v1_HeartbeatInput, _patchbay_v1_Heartbeat>
      Hello: MessageTypeDefinition<_patchbay_v1_HelloInput, _patchbay_v1_Hello>
      IdempotentMethods: MessageTypeDefinition<_patchbay_v1_IdempotentMethodsInput, _patchbay_v1_IdempotentMethods>
      Invoke: MessageTypeDefinition<_patchbay_v1_InvokeInput, _patchbay_v1_Invoke>
      Item: MessageTypeDefinition<_patchbay_v1_ItemInput, _patchbay_v1_Item>
      /**
       * Calls the objects that a server hosts. Call and Session share one dispatcher, with the same checks and errors.
       */
      ObjectServer: SubtypeConstructor<typeof grpc.Client, _patchbay_v1_ObjectServerClient> & { service: _patchbay_v1_ObjectServerDefinition }
      Payload: MessageTypeDefinition<_patchbay_v1_PayloadInput, _patchbay_v1_Payload>
      Release: MessageTypeDefinition<_patchbay_v1_ReleaseInput, _patchbay_v1_Release>
      Result: MessageTypeDefinition<_patchbay_v1_ResultInput, _patchbay_v1_Result>
      Subscription: MessageTypeDefinition<_patchbay_v1_SubscriptionInput, _patchbay_v1_Subscription>
    }
  }
}

