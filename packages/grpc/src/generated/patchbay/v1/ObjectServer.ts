// Original file: proto/patchbay/v1/objects.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CallRequestInput as _patchbay_v1_CallRequestInput, CallRequest as _patchbay_v1_CallRequest } from '../../patchbay/v1/CallRequest.js';
import type { CallResponseInput as _patchbay_v1_CallResponseInput, CallResponse as _patchbay_v1_CallResponse } from '../../patchbay/v1/CallResponse.js';
import type { DescribeRequestInput as _patchbay_v1_DescribeRequestInput, DescribeRequest as _patchbay_v1_DescribeRequest } from '../../patchbay/v1/DescribeRequest.js';
import type { DescribeResponseInput as _patchbay_v1_DescribeResponseInput, DescribeResponse as _patchbay_v1_DescribeResponse } from '../../patchbay/v1/DescribeResponse.js';
import type { FramesInput as _patchbay_v1_FramesInput, Frames as _patchbay_v1_Frames } from '../../patchbay/v1/Frames.js';

/**
 * Calls the objects that a server hosts. Call and Session share one dispatcher, with the same checks and errors.
 */
export interface ObjectServerClient extends grpc.Client {
  /**
   * Calls a method with plain JSON values: for grpcurl and for clients in other languages. Streams the items that the
   * method yields, then its result. The deadline is gRPC's own. Errors carry a google.rpc.Status in the trailer
   * grpc-status-details-bin.
   */
  Call(argument: _patchbay_v1_CallRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_CallResponse>;
  Call(argument: _patchbay_v1_CallRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_CallResponse>;
  /**
   * Calls a method with plain JSON values: for grpcurl and for clients in other languages. Streams the items that the
   * method yields, then its result. The deadline is gRPC's own. Errors carry a google.rpc.Status in the trailer
   * grpc-status-details-bin.
   */
  call(argument: _patchbay_v1_CallRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_CallResponse>;
  call(argument: _patchbay_v1_CallRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_CallResponse>;
  
  /**
   * Returns descriptions of objects: their methods, their arguments, and the JSON Schema of each.
   */
  Describe(argument: _patchbay_v1_DescribeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  Describe(argument: _patchbay_v1_DescribeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  Describe(argument: _patchbay_v1_DescribeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  Describe(argument: _patchbay_v1_DescribeRequestInput, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  /**
   * Returns descriptions of objects: their methods, their arguments, and the JSON Schema of each.
   */
  describe(argument: _patchbay_v1_DescribeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  describe(argument: _patchbay_v1_DescribeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  describe(argument: _patchbay_v1_DescribeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  describe(argument: _patchbay_v1_DescribeRequestInput, callback: grpc.requestCallback<_patchbay_v1_DescribeResponse>): grpc.ClientUnaryCall;
  
  /**
   * Carries many concurrent calls over one stream of frames in both directions; Patchbay's own library uses it. When
   * the client ends its side, calls in flight are cancelled: end it after the last answer.
   */
  Session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_FramesInput, _patchbay_v1_Frames>;
  Session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_FramesInput, _patchbay_v1_Frames>;
  /**
   * Carries many concurrent calls over one stream of frames in both directions; Patchbay's own library uses it. When
   * the client ends its side, calls in flight are cancelled: end it after the last answer.
   */
  session(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_FramesInput, _patchbay_v1_Frames>;
  session(options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_FramesInput, _patchbay_v1_Frames>;
  
}

/**
 * Calls the objects that a server hosts. Call and Session share one dispatcher, with the same checks and errors.
 */
export interface ObjectServerHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Calls a method with plain JSON values: for grpcurl and for clients in other languages. Streams the items that the
   * method yields, then its result. The deadline is gRPC's own. Errors carry a google.rpc.Status in the trailer
   * grpc-status-details-bin.
   */
  Call: grpc.handleServerStreamingCall<_patchbay_v1_CallRequest, _patchbay_v1_CallResponseInput>;
  
  /**
   * Returns descriptions of objects: their methods, their arguments, and the JSON Schema of each.
   */
  Describe: grpc.handleUnaryCall<_patchbay_v1_DescribeRequest, _patchbay_v1_DescribeResponseInput>;
  
  /**
   * Carries many concurrent calls over one stream of frames in both directions; Patchbay's own library uses it. When
   * the client ends its side, calls in flight are cancelled: end it after the last answer.
   */
  Session: grpc.handleBidiStreamingCall<_patchbay_v1_Frames, _patchbay_v1_FramesInput>;
  
}

export interface ObjectServerDefinition extends grpc.ServiceDefinition {
  Call: MethodDefinition<_patchbay_v1_CallRequestInput, _patchbay_v1_CallResponseInput, _patchbay_v1_CallRequest, _patchbay_v1_CallResponse>
  Describe: MethodDefinition<_patchbay_v1_DescribeRequestInput, _patchbay_v1_DescribeResponseInput, _patchbay_v1_DescribeRequest, _patchbay_v1_DescribeResponse>
  Session: MethodDefinition<_patchbay_v1_FramesInput, _patchbay_v1_FramesInput, _patchbay_v1_Frames, _patchbay_v1_Frames>
}
