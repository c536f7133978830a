import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EndpointInput as _patchbay_v1_EndpointInput, Endpoint as _patchbay_v1_Endpoint } from './patchbay/v1/Endpoint.js';
import type { InfoRequestInput as _patchbay_v1_InfoRequestInput, InfoRequest as _patchbay_v1_InfoRequest } from './patchbay/v1/InfoRequest.js';
import type { InfoResponseInput as _patchbay_v1_InfoResponseInput, InfoResponse as _patchbay_v1_InfoResponse } from './patchbay/v1/InfoResponse.js';
import type { KeepAliveRequestInput as _patchbay_v1_KeepAliveRequestInput, KeepAliveRequest as _patchbay_v1_KeepAliveRequest } from './patchbay/v1/KeepAliveRequest.js';
import type { LeaseResponseInput as _patchbay_v1_LeaseResponseInput, LeaseResponse as _patchbay_v1_LeaseResponse } from './patchbay/v1/LeaseResponse.js';
import type { ListRequestInput as _patchbay_v1_ListRequestInput, ListRequest as _patchbay_v1_ListRequest } from './patchbay/v1/ListRequest.js';
import type { ListResponseInput as _patchbay_v1_ListResponseInput, ListResponse as _patchbay_v1_ListResponse } from './patchbay/v1/ListResponse.js';
import type { LookupRequestInput as _patchbay_v1_LookupRequestInput, LookupRequest as _patchbay_v1_LookupRequest } from './patchbay/v1/LookupRequest.js';
import type { NameClaimInput as _patchbay_v1_NameClaimInput, NameClaim as _patchbay_v1_NameClaim } from './patchbay/v1/NameClaim.js';
import type { NameEventInput as _patchbay_v1_NameEventInput, NameEvent as _patchbay_v1_NameEvent } from './patchbay/v1/NameEvent.js';
import type { NameRecordInput as _patchbay_v1_NameRecordInput, NameRecord as _patchbay_v1_NameRecord } from './patchbay/v1/NameRecord.js';
import type { NameServerClient as _patchbay_v1_NameServerClient, NameServerDefinition as _patchbay_v1_NameServerDefinition } from './patchbay/v1/NameServer.js';
import type { RegisterRequestInput as _patchbay_v1_RegisterRequestInput, RegisterRequest as _patchbay_v1_RegisterRequest } from './patchbay/v1/RegisterRequest.js';
import type { SetMetadataRequestInput as _patchbay_v1_SetMetadataRequestInput, SetMetadataRequest as _patchbay_v1_SetMetadataRequest } from './patchbay/v1/SetMetadataRequest.js';
import type { UnregisterRequestInput as _patchbay_v1_UnregisterRequestInput, UnregisterRequest as _patchbay_v1_UnregisterRequest } from './patchbay/v1/UnregisterRequest.js';
import type { UnregisterResponseInput as _patchbay_v1_UnregisterResponseInput, UnregisterResponse as _patchbay_v1_UnregisterResponse } from './patchbay/v1/UnregisterResponse.js';
import type { WatchRequestInput as _patchbay_v1_WatchRequestInput, WatchRequest as _patchbay_v1_WatchRequest } from './patchbay/v1/WatchRequest.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  patchbay: {
    v1: {
      Endpoint: MessageTypeDefinition<_patchbay_v1_EndpointInput, _patchbay_v1_Endpoint>
      InfoRequest: MessageTypeDefinition<_patchbay_v1_InfoRequestInput, _patchbay_v1_InfoRequest>
      InfoResponse: MessageTypeDefinition<_patchbay_v1_InfoResponseInput, _patchbay_v1_InfoResponse>
      KeepAliveRequest: MessageTypeDefinition<_patchbay_v1_KeepAliveRequestInput, _patchbay_v1_KeepAliveRequest>
      LeaseResponse: MessageTypeDefinition<_patchbay_v1_LeaseResponseInput, _patchbay_v1_LeaseResponse>
      ListRequest: MessageTypeDefinition<_patchbay_v1_ListRequestInput, _patchbay_v1_ListRequest>
      ListResponse: MessageTypeDefinition<_patchbay_v1_ListResponseInput, _patchbay_v1_ListResponse>
      LookupRequest: MessageTypeDefinition<_patchbay_v1_LookupRequestInput, _patchbay_v1_LookupRequest>
      NameClaim: MessageTypeDefinition<_patchbay_v1_NameClaimInput, _patchbay_v1_NameClaim>
      NameEvent: MessageTypeDefinition<_patchbay_v1_NameEventInput, _patchbay_v1_NameEvent>
      NameRecord: MessageTypeDefinition<_patchbay_v1_NameRecordInput, _patchbay_v1_NameRecord>
      /**
       * The registry of names: which servers host which object. A name server also hosts the same registry as the object
       * "nameserver" on its ObjectServer.
       * 
       * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
       * one of docs/reference/errors.md.
       */
      NameServer: SubtypeConstructor<typeof grpc.Client, _patchbay_v1_NameServerClient> & { service: _patchbay_v1_NameServerDefinition }
      RegisterRequest: MessageTypeDefinition<_patchbay_v1_RegisterRequestInput, _patchbay_v1_RegisterRequest>
      SetMetadataRequest: MessageTypeDefinition<_patchbay_v1_SetMetadataRequestInput, _patchbay_v1_SetMetadataRequest>
      UnregisterRequest: MessageTypeDefinition<_patchbay_v1_UnregisterRequestInput, _patchbay_v1_UnregisterRequest>
      UnregisterResponse: MessageTypeDefinition<_patchbay_v1_UnregisterResponseInput, _patchbay_v1_UnregisterResponse>
      WatchRequest: MessageTypeDefinition<_patchbay_v1_WatchRequestInput, _patchbay_v1_WatchRequest>
    }
  }
}

