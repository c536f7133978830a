/**
 * The messages and services of proto/, and errors as gRPC statuses.
 *
 * @module @patchbay/grpc
 */
export { grpcTypes, packageDefinition } from './definitions.js';
export { toGrpcStatus } from './status.js';

// The requests and responses of NameServer, for the service that nameserver adds to its server.
export type { InfoResponseInput } from './generated/patchbay/v1/InfoResponse.js';
export type { KeepAliveRequest } from './generated/patchbay/v1/KeepAliveRequest.js';
export type { LeaseResponseInput } from './generated/patchbay/v1/LeaseResponse.js';
export type { ListRequest } from './generated/patchbay/v1/ListRequest.js';
export type { ListResponseInput } from './generated/patchbay/v1/ListResponse.js';
export type { LookupRequest } from './generated/patchbay/v1/LookupRequest.js';
export type { NameEventInput } from './generated/patchbay/v1/NameEvent.js';
export type { NameRecordInput } from './generated/patchbay/v1/NameRecord.js';
export type { RegisterRequest } from './generated/patchbay/v1/RegisterRequest.js';
export type { SetMetadataRequest } from './generated/patchbay/v1/SetMetadataRequest.js';
export type { UnregisterRequest } from './generated/patchbay/v1/UnregisterRequest.js';
export type { WatchRequest } from './generated/patchbay/v1/WatchRequest.js';

// Those of Identity.
export type { EnrolRequest } from './generated/patchbay/v1/EnrolRequest.js';
export type { EnrolResponseInput } from './generated/patchbay/v1/EnrolResponse.js';
export type { PolicyEventInput } from './generated/patchbay/v1/PolicyEvent.js';
export type { RenewRequest } from './generated/patchbay/v1/RenewRequest.js';
export type { StatusResponseInput } from './generated/patchbay/v1/StatusResponse.js';
