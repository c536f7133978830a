import { type GrpcObject, loadPackageDefinition, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';

import { definitions } from './generated/definitions.js';
import { type ProtoGrpcType as NameServerTypes } from './generated/nameserver.js';
import { type ProtoGrpcType as ObjectTypes } from './generated/objects.js';
import { type ProtoGrpcType as StatusTypes } from './generated/status.js';

if (process.env.GRPC_VERBOSITY === undefined) {
  // It would print beside the errors that it gives: our errors are one line, and logs have a form.
  setLogVerbosity(logVerbosity.NONE);
}

/** The messages and services of proto/, as proto-loader knows them. */
export const packageDefinition: PackageDefinition = fromJSON(definitions, {
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

const loaded: GrpcObject = loadPackageDefinition(packageDefinition);

/** The same, as grpc-js serves and calls them. */
export const grpcTypes = loaded as unknown as ObjectTypes & NameServerTypes & StatusTypes;
