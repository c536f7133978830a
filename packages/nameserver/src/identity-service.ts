import {
  type EnrolRequest,
  type EnrolResponseInput,
  grpcTypes,
  type PolicyEventInput,
  type RenewRequest,
  type StatusResponseInput,
} from '@patchbay/grpc';
import type { GrpcService, RequesterOf, UntypedServiceImplementation } from '@patchbay/grpc/server';
import { type Enrolment, identityObjectName, type IdentityStatus, type PolicyEvent } from '@patchbay/objects';
import type { Dispatcher } from '@patchbay/objects/define';

import { given, TypedFace, undecoded } from './typed-face.js';

const { service } = grpcTypes.patchbay.v1.Identity;

/** The typed face of the authority, for servers in other languages: calls of the object `identity` through the dispatch. */
export const identityService: GrpcService = {
  name: 'patchbay.v1.Identity',
  file: 'patchbay/v1/identity.proto',
  definition: undecoded(service),
  handlers,
};

function handlers(dispatcher: Dispatcher, requesterOf: RequesterOf): UntypedServiceImplementation {
  const face = new TypedFace(identityObjectName, dispatcher, requesterOf);
  return {
    Status: face.unary('status', service.Status, () => [], toStatus),
    Enrol: face.unary('enrol', service.Enrol, toEnrol, toEnrolment),
    Renew: face.unary('renew', service.Renew, toRenew, toEnrolment),
    Policy: face.streaming('watch_policy', service.Policy, () => [], toPolicyEvent),
  };
}

function toStatus(status: IdentityStatus): StatusResponseInput {
  const { version, server_url: serverUrl, discover, cluster, roots, time, challenge } = status;
  return { version, serverUrl, endpoints: discover.endpoints, cluster, roots, time, challenge };
}

function toEnrol({ kind, publicKey, challenge, signature, ...options }: EnrolRequest): readonly unknown[] {
  const { name, token, sealingKey } = options;
  return [kind, publicKey, challenge, signature.toString('base64'), given({ name, token, sealingKey })];
}

function toRenew({ kind, name, publicKey, challenge, signature }: RenewRequest): readonly unknown[] {
  return [kind, name, publicKey, challenge, signature.toString('base64')];
}

// Messages leave out what is undefined; only their types do not say so.

function toEnrolment(enrolment: Enrolment): EnrolResponseInput {
  return enrolment as EnrolResponseInput;
}

function toPolicyEvent(event: PolicyEvent): PolicyEventInput {
  switch (event.type) {
    case 'document':
      return { document: event.document } as PolicyEventInput;
    case 'change':
      return { change: { ...event.change, hasRoots: event.change.roots !== undefined } } as PolicyEventInput;
    case 'unchanged':
      return { unchanged: event.revision };
  }
}
