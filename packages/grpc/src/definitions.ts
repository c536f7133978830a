import { type GrpcObject, loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

import { definitions } from './generated/definitions.js';
import type { ProtoGrpcType as IdentityTypes } from './generated/identity.js';
import type { ProtoGrpcType as NameServerTypes } from './generated/nameserver.js';
import type { ProtoGrpcType as ObjectTypes } from './generated/objects.js';
import type { ProtoGrpcType as StatusTypes } from './generated/status.js';

if (process.env.GRPC_VERBOSITY === undefined) {
  // grpc-js would print what its errors say already, and not in the format of our logs.
  setLogVerbosity(logVerbosity.NONE);
}

/** The messages and services of proto/, for proto-loader. */
export const packageDefinition: PackageDefinition = fromJSON(definitions, {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

const loaded: GrpcObject = loadPackageDefinition(packageDefinition);

/** The messages and services of proto/, for grpc-js. */
export const grpcTypes = loaded as unknown as ObjectTypes & NameServerTypes & IdentityTypes & StatusTypes;
