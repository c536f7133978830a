import { type Server, type ServerDuplexStream, status } from '@grpc/grpc-js';

import { toRpcError } from '@patchbay/objects';
import { type AccessControl, authorize } from '@patchbay/objects/define';

import { toGrpcStatus } from '../status.js';
import type { RequesterOf } from './callers.js';
import { protoFile, serviceOf } from './standard-definitions.js';

/** A request of grpc.reflection; `message_request` names the field that is set. */
interface ReflectionRequest {
  readonly host: string;
  readonly message_request?: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly all_extension_numbers_of_type?: string;
}
type Stream = ServerDuplexStream<ReflectionRequest, object>;

/**
 * Server reflection, v1 and v1alpha, of services by name with their .proto files, and of no others, for known callers.
 * That of `@grpc/reflection` reads .proto files when a server starts, so that no bundle can contain it.
 */
export class Reflection {
  readonly #services: readonly string[];
  readonly #files = new Set<string>();
  readonly #fileOf = new Map<string, string>();

  /** @param shared files that belong to no service */
  constructor(services: Readonly<Record<string, string>>, shared: readonly string[]) {
    this.#services = Object.keys(services);
    for (const file of filesWith([...shared, ...Object.values(services)])) {
      this.#files.add(file);
      for (const symbol of protoFile(file).symbols) {
        this.#fileOf.set(symbol, file);
      }
    }
  }

  addTo(server: Server, requesterOf: RequesterOf, access: AccessControl): void {
    for (const version of ['v1', 'v1alpha']) {
      const service = `grpc.reflection.${version}.ServerReflection`;
      server.addService(serviceOf(`grpc/reflection/${version}/reflection.proto`, service), {
        serverReflectionInfo: (stream: Stream) => {
          try {
            const asked = { object: service, method: 'ServerReflectionInfo' };
            const caller = access.effective(requesterOf(stream), asked);
            authorize({ caller, action: 'describe', access: 'member', ...asked });
            this.#serve(stream);
          } catch (error) {
            stream.emit('error', toGrpcStatus(toRpcError(error), undefined));
          }
        },
      });
    }
  }

  #serve(stream: Stream): void {
    stream.on('data', (request: ReflectionRequest) => {
      const answer = this.#answer(request);
      if (!stream.write({ valid_host: request.host, original_request: request, ...answer })) {
        stream.pause(); // until the client has read what it asked for
      }
    });
    stream.on('drain', () => {
      stream.resume();
    });
    stream.on('end', () => {
      stream.end();
    });
    stream.on('error', () => undefined); // of the client, whose stream has ended with it
  }

  #answer(request: ReflectionRequest): object {
    const asked = request.message_request ?? 'nothing';
    switch (asked) {
      case 'list_services':
        return { list_services_response: { service: this.#services.map((name) => ({ name })) } };
      case 'file_by_filename': {
        const { file_by_filename: file = '' } = request;
        return this.#files.has(file) ? descriptorsOf(file) : notFound(`file ${JSON.stringify(file)}`);
      }
      case 'file_containing_symbol': {
        const { file_containing_symbol: symbol = '' } = request;
        const file = this.#fileOf.get(symbol);
        return file === undefined ? notFound(`symbol ${JSON.stringify(symbol)}`) : descriptorsOf(file);
      }
      case 'all_extension_numbers_of_type': {
        const { all_extension_numbers_of_type: type = '' } = request;
        return this.#fileOf.has(type)
          ? { all_extension_numbers_response: { base_type_name: type, extension_number: [] } }
          : notFound(`symbol ${JSON.stringify(type)}`);
      }
      case 'file_containing_extension':
        return notFound('extension');
      default:
        return failure(status.UNIMPLEMENTED, `this server cannot answer ${asked}`);
    }
  }
}

function notFound(what: string): object {
  return failure(status.NOT_FOUND, `this server has no ${what}`);
}

function failure(code: status, message: string): object {
  return { error_response: { error_code: code, error_message: message } };
}

/** Returns the descriptors of a file, and of all that it imports. */
function descriptorsOf(file: string): object {
  const descriptors = filesWith([file]).map((name) => Buffer.from(protoFile(name).descriptor, 'base64'));
  return { file_descriptor_response: { file_descriptor_proto: descriptors } };
}

/** Returns files and, behind them, those that they import. */
function filesWith(files: readonly string[]): readonly string[] {
  const all = new Set(files);
  for (const file of all) {
    protoFile(file).imports.forEach((imported) => all.add(imported));
  }
  return [...all];
}
