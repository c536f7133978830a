import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { EnrolRequestInput as _patchbay_v1_EnrolRequestInput, EnrolRequest as _patchbay_v1_EnrolRequest } from './patchbay/v1/EnrolRequest.js';
import type { EnrolResponseInput as _patchbay_v1_EnrolResponseInput, EnrolResponse as _patchbay_v1_EnrolResponse } from './patchbay/v1/EnrolResponse.js';
import type { IdentityClient as _patchbay_v1_IdentityClient, IdentityDefinition as _patchbay_v1_IdentityDefinition } from './patchbay/v1/Identity.js';
import type { PolicyChangeInput as _patchbay_v1_PolicyChangeInput, PolicyChange as _patchbay_v1_PolicyChange } from './patchbay/v1/PolicyChange.js';
import type { PolicyDocumentInput as _patchbay_v1_PolicyDocumentInput, PolicyDocument as _patchbay_v1_PolicyDocument } from './patchbay/v1/PolicyDocument.js';
import type { PolicyEventInput as _patchbay_v1_PolicyEventInput, PolicyEvent as _patchbay_v1_PolicyEvent } from './patchbay/v1/PolicyEvent.js';
import type { PolicyGrantInput as _patchbay_v1_PolicyGrantInput, PolicyGrant as _patchbay_v1_PolicyGrant } from './patchbay/v1/PolicyGrant.js';
import type { PolicyKeyInput as _patchbay_v1_PolicyKeyInput, PolicyKey as _patchbay_v1_PolicyKey } from './patchbay/v1/PolicyKey.js';
import type { PolicyPrincipalInput as _patchbay_v1_PolicyPrincipalInput, PolicyPrincipal as _patchbay_v1_PolicyPrincipal } from './patchbay/v1/PolicyPrincipal.js';
import type { PolicyRequestInput as _patchbay_v1_PolicyRequestInput, PolicyRequest as _patchbay_v1_PolicyRequest } from './patchbay/v1/PolicyRequest.js';
import type { PolicyRevocationInput as _patchbay_v1_PolicyRevocationInput, PolicyRevocation as _patchbay_v1_PolicyRevocation } from './patchbay/v1/PolicyRevocation.js';
import type { RenewRequestInput as _patchbay_v1_RenewRequestInput, RenewRequest as _patchbay_v1_RenewRequest } from './patchbay/v1/RenewRequest.js';
import type { StatusRequestInput as _patchbay_v1_StatusRequestInput, StatusRequest as _patchbay_v1_StatusRequest } from './patchbay/v1/StatusRequest.js';
import type { StatusResponseInput as _patchbay_v1_StatusResponseInput, StatusResponse as _patchbay_v1_StatusResponse } from './patchbay/v1/StatusResponse.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  patchbay: {
    v1: {
      EnrolRequest: MessageTypeDefinition<_patchbay_v1_EnrolRequestInput, _patchbay_v1_EnrolRequest>
      EnrolResponse: MessageTypeDefinition<_patchbay_v1_EnrolResponseInput, _patchbay_v1_EnrolResponse>
      /**
       * Who may call, and what they may do: what servers need of the object "identity", which a name server with an authority
       * hosts. Its other methods, for admins, are called on its ObjectServer.
       * 
       * Errors carry a google.rpc.Status in the trailer grpc-status-details-bin, with a google.rpc.ErrorInfo whose reason is
       * one of docs/reference/errors.md.
       */
      Identity: SubtypeConstructor<typeof grpc.Client, _patchbay_v1_IdentityClient> & { service: _patchbay_v1_IdentityDefinition }
      PolicyChange: MessageTypeDefinition<_patchbay_v1_PolicyChangeInput, _patchbay_v1_PolicyChange>
      PolicyDocument: MessageTypeDefinition<_patchbay_v1_PolicyDocumentInput, _patchbay_v1_PolicyDocument>
      PolicyEvent: MessageTypeDefinition<_patchbay_v1_PolicyEventInput, _patchbay_v1_PolicyEvent>
      PolicyGrant: MessageTypeDefinition<_patchbay_v1_PolicyGrantInput, _patchbay_v1_PolicyGrant>
      PolicyKey: MessageTypeDefinition<_patchbay_v1_PolicyKeyInput, _patchbay_v1_PolicyKey>
      PolicyPrincipal: MessageTypeDefinition<_patchbay_v1_PolicyPrincipalInput, _patchbay_v1_PolicyPrincipal>
      PolicyRequest: MessageTypeDefinition<_patchbay_v1_PolicyRequestInput, _patchbay_v1_PolicyRequest>
      PolicyRevocation: MessageTypeDefinition<_patchbay_v1_PolicyRevocationInput, _patchbay_v1_PolicyRevocation>
      RenewRequest: MessageTypeDefinition<_patchbay_v1_RenewRequestInput, _patchbay_v1_RenewRequest>
      StatusRequest: MessageTypeDefinition<_patchbay_v1_StatusRequestInput, _patchbay_v1_StatusRequest>
      StatusResponse: MessageTypeDefinition<_patchbay_v1_StatusResponseInput, _patchbay_v1_StatusResponse>
    }
  }
}

