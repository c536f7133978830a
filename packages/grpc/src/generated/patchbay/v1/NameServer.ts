// Original file: proto/patchbay/v1/nameserver.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { InfoRequestInput as _patchbay_v1_InfoRequestInput, InfoRequest as _patchbay_v1_InfoRequest } from '../../patchbay/v1/InfoRequest.js';
import type { InfoResponseInput as _patchbay_v1_InfoResponseInput, InfoResponse as _patchbay_v1_InfoResponse } from '../../patchbay/v1/InfoResponse.js';
import type { KeepAliveRequestInput as _patchbay_v1_KeepAliveRequestInput, KeepAliveRequest as _patchbay_v1_KeepAliveRequest } from '../../patchbay/v1/KeepAliveRequest.js';
import type { LeaseResponseInput as _patchbay_v1_LeaseResponseInput, LeaseResponse as _patchbay_v1_LeaseResponse } from '../../patchbay/v1/LeaseResponse.js';
import type { ListRequestInput as _patchbay_v1_ListRequestInput, ListRequest as _patchbay_v1_ListRequest } from '../../patchbay/v1/ListRequest.js';
import type { ListResponseInput as _patchbay_v1_ListResponseInput, ListResponse as _patchbay_v1_ListResponse } from '../../patchbay/v1/ListResponse.js';
import type { LookupRequestInput as _patchbay_v1_LookupRequestInput, LookupRequest as _patchbay_v1_LookupRequest } from '../../patchbay/v1/LookupRequest.js';
import type { NameEventInput as _patchbay_v1_NameEventInput, NameEvent as _patchbay_v1_NameEvent } from '../../patchbay/v1/NameEvent.js';
import type { NameRecordInput as _patchbay_v1_NameRecordInput, NameRecord as _patchbay_v1_NameRecord } from '../../patchbay/v1/NameRecord.js';
import type { RegisterRequestInput as _patchbay_v1_RegisterRequestInput, RegisterRequest as _patchbay_v1_RegisterRequest } from '../../patchbay/v1/RegisterRequest.js';
import type { SetMetadataRequestInput as _patchbay_v1_SetMetadataRequestInput, SetMetadataRequest as _patchbay_v1_SetMetadataRequest } from '../../patchbay/v1/SetMetadataRequest.js';
import type { UnregisterRequestInput as _patchbay_v1_UnregisterRequestInput, UnregisterRequest as _patchbay_v1_UnregisterRequest } from '../../patchbay/v1/UnregisterRequest.js';
import type { UnregisterResponseInput as _patchbay_v1_UnregisterResponseInput, UnregisterResponse as _patchbay_v1_UnregisterResponse } from '../../patchbay/v1/UnregisterResponse.js';
import type { WatchRequestInput as _patchbay_v1_WatchRequestInput, WatchRequest as _patchbay_v1_WatchRequest } from '../../patchbay/v1/WatchRequest.js';

/**
 * The registry of names: which servers host which object. A name server also hosts the same registry as the object
 * "nameserver" on its ObjectServer.
 * 
 * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
 * one of docs/reference/errors.md.
 */
export interface NameServerClient extends grpc.Client {
  /**
   * Returns the version and size of the name server.
   */
  Info(argument: _patchbay_v1_InfoRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  Info(argument: _patchbay_v1_InfoRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  Info(argument: _patchbay_v1_InfoRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  Info(argument: _patchbay_v1_InfoRequestInput, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  /**
   * Returns the version and size of the name server.
   */
  info(argument: _patchbay_v1_InfoRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  info(argument: _patchbay_v1_InfoRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  info(argument: _patchbay_v1_InfoRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  info(argument: _patchbay_v1_InfoRequestInput, callback: grpc.requestCallback<_patchbay_v1_InfoResponse>): grpc.ClientUnaryCall;
  
  /**
   * Renews leases of the caller's: each request is answered once. A lease that has expired ends the stream with
   * NOT_FOUND (LEASE_NOT_FOUND), one that was granted to another principal, expired or not, with PERMISSION_DENIED
   * (LEASE_NOT_OWNED): register again.
   */
  KeepAlive(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_LeaseResponse>;
  KeepAlive(options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_LeaseResponse>;
  /**
   * Renews leases of the caller's: each request is answered once. A lease that has expired ends the stream with
   * NOT_FOUND (LEASE_NOT_FOUND), one that was granted to another principal, expired or not, with PERMISSION_DENIED
   * (LEASE_NOT_OWNED): register again.
   */
  keepAlive(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_LeaseResponse>;
  keepAlive(options?: grpc.CallOptions): grpc.ClientDuplexStream<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_LeaseResponse>;
  
  /**
   * Returns the names that match all fields of the request, in pages, ordered by their bytes.
   */
  List(argument: _patchbay_v1_ListRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  List(argument: _patchbay_v1_ListRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  List(argument: _patchbay_v1_ListRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  List(argument: _patchbay_v1_ListRequestInput, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  /**
   * Returns the names that match all fields of the request, in pages, ordered by their bytes.
   */
  list(argument: _patchbay_v1_ListRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  list(argument: _patchbay_v1_ListRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  list(argument: _patchbay_v1_ListRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  list(argument: _patchbay_v1_ListRequestInput, callback: grpc.requestCallback<_patchbay_v1_ListResponse>): grpc.ClientUnaryCall;
  
  /**
   * Returns the record of a name, or NOT_FOUND (OBJECT_NOT_FOUND). A bare name that is not registered itself resolves
   * to the newest of its versions: "storage" to "storage/v2".
   */
  Lookup(argument: _patchbay_v1_LookupRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  Lookup(argument: _patchbay_v1_LookupRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  Lookup(argument: _patchbay_v1_LookupRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  Lookup(argument: _patchbay_v1_LookupRequestInput, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  /**
   * Returns the record of a name, or NOT_FOUND (OBJECT_NOT_FOUND). A bare name that is not registered itself resolves
   * to the newest of its versions: "storage" to "storage/v2".
   */
  lookup(argument: _patchbay_v1_LookupRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  lookup(argument: _patchbay_v1_LookupRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  lookup(argument: _patchbay_v1_LookupRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  lookup(argument: _patchbay_v1_LookupRequestInput, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  
  /**
   * Registers all of the names, at most 100, or none, for one server under a new lease; register further names under
   * further leases. The same server_id takes over its own names at once; a name with another live owner is refused with
   * ALREADY_EXISTS (NAME_TAKEN), unless both claim it as shared, or the claim replaces the owner. The same server_id of
   * another principal is another server.
   */
  Register(argument: _patchbay_v1_RegisterRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  Register(argument: _patchbay_v1_RegisterRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  Register(argument: _patchbay_v1_RegisterRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  Register(argument: _patchbay_v1_RegisterRequestInput, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  /**
   * Registers all of the names, at most 100, or none, for one server under a new lease; register further names under
   * further leases. The same server_id takes over its own names at once; a name with another live owner is refused with
   * ALREADY_EXISTS (NAME_TAKEN), unless both claim it as shared, or the claim replaces the owner. The same server_id of
   * another principal is another server.
   */
  register(argument: _patchbay_v1_RegisterRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  register(argument: _patchbay_v1_RegisterRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  register(argument: _patchbay_v1_RegisterRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  register(argument: _patchbay_v1_RegisterRequestInput, callback: grpc.requestCallback<_patchbay_v1_LeaseResponse>): grpc.ClientUnaryCall;
  
  /**
   * Sets and removes keys of the metadata of a name of the caller's; an admin, of any name. PERMISSION_DENIED
   * (CALLER_REFUSED) otherwise.
   */
  SetMetadata(argument: _patchbay_v1_SetMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  SetMetadata(argument: _patchbay_v1_SetMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  SetMetadata(argument: _patchbay_v1_SetMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  SetMetadata(argument: _patchbay_v1_SetMetadataRequestInput, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  /**
   * Sets and removes keys of the metadata of a name of the caller's; an admin, of any name. PERMISSION_DENIED
   * (CALLER_REFUSED) otherwise.
   */
  setMetadata(argument: _patchbay_v1_SetMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  setMetadata(argument: _patchbay_v1_SetMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  setMetadata(argument: _patchbay_v1_SetMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  setMetadata(argument: _patchbay_v1_SetMetadataRequestInput, callback: grpc.requestCallback<_patchbay_v1_NameRecord>): grpc.ClientUnaryCall;
  
  /**
   * Revokes a lease of the caller's and its names; succeeds for one that has expired already. PERMISSION_DENIED
   * (LEASE_NOT_OWNED) for one that was granted to another principal, expired or not.
   */
  Unregister(argument: _patchbay_v1_UnregisterRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  Unregister(argument: _patchbay_v1_UnregisterRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  Unregister(argument: _patchbay_v1_UnregisterRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  Unregister(argument: _patchbay_v1_UnregisterRequestInput, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  /**
   * Revokes a lease of the caller's and its names; succeeds for one that has expired already. PERMISSION_DENIED
   * (LEASE_NOT_OWNED) for one that was granted to another principal, expired or not.
   */
  unregister(argument: _patchbay_v1_UnregisterRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  unregister(argument: _patchbay_v1_UnregisterRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  unregister(argument: _patchbay_v1_UnregisterRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  unregister(argument: _patchbay_v1_UnregisterRequestInput, callback: grpc.requestCallback<_patchbay_v1_UnregisterResponse>): grpc.ClientUnaryCall;
  
  /**
   * Streams the changes after from_revision. OUT_OF_RANGE (REVISION_COMPACTED) when the history no longer reaches back
   * that far: list again, and watch from the list's revision.
   */
  Watch(argument: _patchbay_v1_WatchRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_NameEvent>;
  Watch(argument: _patchbay_v1_WatchRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_NameEvent>;
  /**
   * Streams the changes after from_revision. OUT_OF_RANGE (REVISION_COMPACTED) when the history no longer reaches back
   * that far: list again, and watch from the list's revision.
   */
  watch(argument: _patchbay_v1_WatchRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_NameEvent>;
  watch(argument: _patchbay_v1_WatchRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_NameEvent>;
  
}

/**
 * The registry of names: which servers host which object. A name server also hosts the same registry as the object
 * "nameserver" on its ObjectServer.
 * 
 * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
 * one of docs/reference/errors.md.
 */
export interface NameServerHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Returns the version and size of the name server.
   */
  Info: grpc.handleUnaryCall<_patchbay_v1_InfoRequest, _patchbay_v1_InfoResponseInput>;
  
  /**
   * Renews leases of the caller's: each request is answered once. A lease that has expired ends the stream with
   * NOT_FOUND (LEASE_NOT_FOUND), one that was granted to another principal, expired or not, with PERMISSION_DENIED
   * (LEASE_NOT_OWNED): register again.
   */
  KeepAlive: grpc.handleBidiStreamingCall<_patchbay_v1_KeepAliveRequest, _patchbay_v1_LeaseResponseInput>;
  
  /**
   * Returns the names that match all fields of the request, in pages, ordered by their bytes.
   */
  List: grpc.handleUnaryCall<_patchbay_v1_ListRequest, _patchbay_v1_ListResponseInput>;
  
  /**
   * Returns the record of a name, or NOT_FOUND (OBJECT_NOT_FOUND). A bare name that is not registered itself resolves
   * to the newest of its versions: "storage" to "storage/v2".
   */
  Lookup: grpc.handleUnaryCall<_patchbay_v1_LookupRequest, _patchbay_v1_NameRecordInput>;
  
  /**
   * Registers all of the names, at most 100, or none, for one server under a new lease; register further names under
   * further leases. The same server_id takes over its own names at once; a name with another live owner is refused with
   * ALREADY_EXISTS (NAME_TAKEN), unless both claim it as shared, or the claim replaces the owner. The same server_id of
   * another principal is another server.
   */
  Register: grpc.handleUnaryCall<_patchbay_v1_RegisterRequest, _patchbay_v1_LeaseResponseInput>;
  
  /**
   * Sets and removes keys of the metadata of a name of the caller's; an admin, of any name. PERMISSION_DENIED
   * (CALLER_REFUSED) otherwise.
   */
  SetMetadata: grpc.handleUnaryCall<_patchbay_v1_SetMetadataRequest, _patchbay_v1_NameRecordInput>;
  
  /**
   * Revokes a lease of the caller's and its names; succeeds for one that has expired already. PERMISSION_DENIED
   * (LEASE_NOT_OWNED) for one that was granted to another principal, expired or not.
   */
  Unregister: grpc.handleUnaryCall<_patchbay_v1_UnregisterRequest, _patchbay_v1_UnregisterResponseInput>;
  
  /**
   * Streams the changes after from_revision. OUT_OF_RANGE (REVISION_COMPACTED) when the history no longer reaches back
   * that far: list again, and watch from the list's revision.
   */
  Watch: grpc.handleServerStreamingCall<_patchbay_v1_WatchRequest, _patchbay_v1_NameEventInput>;
  
}

export interface NameServerDefinition extends grpc.ServiceDefinition {
  Info: MethodDefinition<_patchbay_v1_InfoRequestInput, _patchbay_v1_InfoResponseInput, _patchbay_v1_InfoRequest, _patchbay_v1_InfoResponse>
  KeepAlive: MethodDefinition<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_LeaseResponseInput, _patchbay_v1_KeepAliveRequest, _patchbay_v1_LeaseResponse>
  List: MethodDefinition<_patchbay_v1_ListRequestInput, _patchbay_v1_ListResponseInput, _patchbay_v1_ListRequest, _patchbay_v1_ListResponse>
  Lookup: MethodDefinition<_patchbay_v1_LookupRequestInput, _patchbay_v1_NameRecordInput, _patchbay_v1_LookupRequest, _patchbay_v1_NameRecord>
  Register: MethodDefinition<_patchbay_v1_RegisterRequestInput, _patchbay_v1_LeaseResponseInput, _patchbay_v1_RegisterRequest, _patchbay_v1_LeaseResponse>
  SetMetadata: MethodDefinition<_patchbay_v1_SetMetadataRequestInput, _patchbay_v1_NameRecordInput, _patchbay_v1_SetMetadataRequest, _patchbay_v1_NameRecord>
  Unregister: MethodDefinition<_patchbay_v1_UnregisterRequestInput, _patchbay_v1_UnregisterResponseInput, _patchbay_v1_UnregisterRequest, _patchbay_v1_UnregisterResponse>
  Watch: MethodDefinition<_patchbay_v1_WatchRequestInput, _patchbay_v1_NameEventInput, _patchbay_v1_WatchRequest, _patchbay_v1_NameEvent>
}
