// Original file: proto/patchbay/v1/identity.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { EnrolRequestInput as _patchbay_v1_EnrolRequestInput, EnrolRequest as _patchbay_v1_EnrolRequest } from '../../patchbay/v1/EnrolRequest.js';
import type { EnrolResponseInput as _patchbay_v1_EnrolResponseInput, EnrolResponse as _patchbay_v1_EnrolResponse } from '../../patchbay/v1/EnrolResponse.js';
import type { PolicyEventInput as _patchbay_v1_PolicyEventInput, PolicyEvent as _patchbay_v1_PolicyEvent } from '../../patchbay/v1/PolicyEvent.js';
import type { PolicyRequestInput as _patchbay_v1_PolicyRequestInput, PolicyRequest as _patchbay_v1_PolicyRequest } from '../../patchbay/v1/PolicyRequest.js';
import type { RenewRequestInput as _patchbay_v1_RenewRequestInput, RenewRequest as _patchbay_v1_RenewRequest } from '../../patchbay/v1/RenewRequest.js';
import type { StatusRequestInput as _patchbay_v1_StatusRequestInput, StatusRequest as _patchbay_v1_StatusRequest } from '../../patchbay/v1/StatusRequest.js';
import type { StatusResponseInput as _patchbay_v1_StatusResponseInput, StatusResponse as _patchbay_v1_StatusResponse } from '../../patchbay/v1/StatusResponse.js';

/**
 * Who may call, and what they may do: what servers need of the object "identity", which a name server with an authority
 * hosts. Its other methods, for admins, are called on its ObjectServer.
 * 
 * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
 * one of docs/reference/errors.md.
 */
export interface IdentityClient extends grpc.Client {
  /**
   * Enrols a host or a user by a token, and issues its certificate. The same key may enrol by the same token again, as
   * where the answer was lost. UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, PROOF_INVALID), ALREADY_EXISTS
   * (HOST_EXISTS), FAILED_PRECONDITION (CERTIFICATES_NOT_ISSUED) where the cluster has a PKI of its own.
   */
  Enrol(argument: _patchbay_v1_EnrolRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Enrol(argument: _patchbay_v1_EnrolRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Enrol(argument: _patchbay_v1_EnrolRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Enrol(argument: _patchbay_v1_EnrolRequestInput, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  /**
   * Enrols a host or a user by a token, and issues its certificate. The same key may enrol by the same token again, as
   * where the answer was lost. UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, PROOF_INVALID), ALREADY_EXISTS
   * (HOST_EXISTS), FAILED_PRECONDITION (CERTIFICATES_NOT_ISSUED) where the cluster has a PKI of its own.
   */
  enrol(argument: _patchbay_v1_EnrolRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  enrol(argument: _patchbay_v1_EnrolRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  enrol(argument: _patchbay_v1_EnrolRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  enrol(argument: _patchbay_v1_EnrolRequestInput, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  
  /**
   * Streams who may do what, then each change, until cancelled; for hosts and admins. A message every minute at least.
   */
  Policy(argument: _patchbay_v1_PolicyRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_PolicyEvent>;
  Policy(argument: _patchbay_v1_PolicyRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_PolicyEvent>;
  /**
   * Streams who may do what, then each change, until cancelled; for hosts and admins. A message every minute at least.
   */
  policy(argument: _patchbay_v1_PolicyRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_PolicyEvent>;
  policy(argument: _patchbay_v1_PolicyRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<_patchbay_v1_PolicyEvent>;
  
  /**
   * Issues another certificate for a key that is enrolled, also when the last one has ended. FAILED_PRECONDITION
   * (HOST_PENDING) while an admin has to approve, PERMISSION_DENIED (HOST_REVOKED), UNAUTHENTICATED (PROOF_INVALID,
   * CERTIFICATE_REVOKED, LOGIN_REQUIRED).
   */
  Renew(argument: _patchbay_v1_RenewRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Renew(argument: _patchbay_v1_RenewRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Renew(argument: _patchbay_v1_RenewRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  Renew(argument: _patchbay_v1_RenewRequestInput, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  /**
   * Issues another certificate for a key that is enrolled, also when the last one has ended. FAILED_PRECONDITION
   * (HOST_PENDING) while an admin has to approve, PERMISSION_DENIED (HOST_REVOKED), UNAUTHENTICATED (PROOF_INVALID,
   * CERTIFICATE_REVOKED, LOGIN_REQUIRED).
   */
  renew(argument: _patchbay_v1_RenewRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  renew(argument: _patchbay_v1_RenewRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  renew(argument: _patchbay_v1_RenewRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  renew(argument: _patchbay_v1_RenewRequestInput, callback: grpc.requestCallback<_patchbay_v1_EnrolResponse>): grpc.ClientUnaryCall;
  
  /**
   * Returns what anybody may know of a name server: the cluster, its roots, the time, and a challenge to sign.
   */
  Status(argument: _patchbay_v1_StatusRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  Status(argument: _patchbay_v1_StatusRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  Status(argument: _patchbay_v1_StatusRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  Status(argument: _patchbay_v1_StatusRequestInput, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  /**
   * Returns what anybody may know of a name server: the cluster, its roots, the time, and a challenge to sign.
   */
  status(argument: _patchbay_v1_StatusRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  status(argument: _patchbay_v1_StatusRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  status(argument: _patchbay_v1_StatusRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  status(argument: _patchbay_v1_StatusRequestInput, callback: grpc.requestCallback<_patchbay_v1_StatusResponse>): grpc.ClientUnaryCall;
  
}

/**
 * Who may call, and what they may do: what servers need of the object "identity", which a name server with an authority
 * hosts. Its other methods, for admins, are called on its ObjectServer.
 * 
 * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
 * one of docs/reference/errors.md.
 */
export interface IdentityHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Enrols a host or a user by a token, and issues its certificate. The same key may enrol by the same token again, as
   * where the answer was lost. UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED, TOKEN_USED, PROOF_INVALID), ALREADY_EXISTS
   * (HOST_EXISTS), FAILED_PRECONDITION (CERTIFICATES_NOT_ISSUED) where the cluster has a PKI of its own.
   */
  Enrol: grpc.handleUnaryCall<_patchbay_v1_EnrolRequest, _patchbay_v1_EnrolResponseInput>;
  
  /**
   * Streams who may do what, then each change, until cancelled; for hosts and admins. A message every minute at least.
   */
  Policy: grpc.handleServerStreamingCall<_patchbay_v1_PolicyRequest, _patchbay_v1_PolicyEventInput>;
  
  /**
   * Issues another certificate for a key that is enrolled, also when the last one has ended. FAILED_PRECONDITION
   * (HOST_PENDING) while an admin has to approve, PERMISSION_DENIED (HOST_REVOKED), UNAUTHENTICATED (PROOF_INVALID,
   * CERTIFICATE_REVOKED, LOGIN_REQUIRED).
   */
  Renew: grpc.handleUnaryCall<_patchbay_v1_RenewRequest, _patchbay_v1_EnrolResponseInput>;
  
  /**
   * Returns what anybody may know of a name server: the cluster, its roots, the time, and a challenge to sign.
   */
  Status: grpc.handleUnaryCall<_patchbay_v1_StatusRequest, _patchbay_v1_StatusResponseInput>;
  
}

export interface IdentityDefinition extends grpc.ServiceDefinition {
  Enrol: MethodDefinition<_patchbay_v1_EnrolRequestInput, _patchbay_v1_EnrolResponseInput, _patchbay_v1_EnrolRequest, _patchbay_v1_EnrolResponse>
  Policy: MethodDefinition<_patchbay_v1_PolicyRequestInput, _patchbay_v1_PolicyEventInput, _patchbay_v1_PolicyRequest, _patchbay_v1_PolicyEvent>
  Renew: MethodDefinition<_patchbay_v1_RenewRequestInput, _patchbay_v1_EnrolResponseInput, _patchbay_v1_RenewRequest, _patchbay_v1_EnrolResponse>
  Status: MethodDefinition<_patchbay_v1_StatusRequestInput, _patchbay_v1_StatusResponseInput, _patchbay_v1_StatusRequest, _patchbay_v1_StatusResponse>
}
