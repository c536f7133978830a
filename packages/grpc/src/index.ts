/**
 * What both sides of gRPC share: messages, services, statuses.
 *
 * @module @patchbay/grpc
 */
export { grpcTypes, packageDefinition } from './definitions.js';
export { type Attachment } from './generated/patchbay/v1/Attachment.js';
export { type Frame, type FrameInput } from './generated/patchbay/v1/Frame.js';
export { type InfoResponseInput } from './generated/patchbay/v1/InfoResponse.js';
export { type KeepAliveRequest } from './generated/patchbay/v1/KeepAliveRequest.js';
export { type LeaseResponseInput } from './generated/patchbay/v1/LeaseResponse.js';
export { type ListRequest } from './generated/patchbay/v1/ListRequest.js';
export { type ListResponseInput } from './generated/patchbay/v1/ListResponse.js';
export { type LookupRequest } from './generated/patchbay/v1/LookupRequest.js';
export { type NameEventInput } from './generated/patchbay/v1/NameEvent.js';
export { type NameRecordInput } from './generated/patchbay/v1/NameRecord.js';
export { type Payload } from './generated/patchbay/v1/Payload.js';
export { type RegisterRequest } from './generated/patchbay/v1/RegisterRequest.js';
export { type SetMetadataRequest } from './generated/patchbay/v1/SetMetadataRequest.js';
export { type UnregisterRequest } from './generated/patchbay/v1/UnregisterRequest.js';
export { type WatchRequest } from './generated/patchbay/v1/WatchRequest.js';
export { toGrpcStatus } from './status.js';
