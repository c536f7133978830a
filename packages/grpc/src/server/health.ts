import {
  type sendUnaryData,
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  status,
} from '@grpc/grpc-js';

import type { Caller } from '@patchbay/objects';

import { toGrpcStatus } from '../status.js';
import type { RequesterOf } from './callers.js';
import { serverError } from './errors.js';
import { serviceOf } from './standard-definitions.js';

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';
interface HealthRequest {
  readonly service: string;
}
interface HealthResponse {
  readonly status: ServingStatus;
}
/** How many watches clients of one address may have open. */
const maxWatches = 16;

type Watch = ServerWritableStream<HealthRequest, HealthResponse>;

/**
 * The standard health service, grpc.health.v1.Health. That of grpc-health-check reads its .proto file when it is
 * loaded, so that no bundle can contain it.
 */
export class Health {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #watches = new Map<string, Set<Watch>>();
  /** How many watches each address has open. */
  readonly #watchers = new Map<string, number>();

  /** Sets what probes of a service are answered; the empty name is the server as a whole. */
  set(service: string, serving: boolean): void {
    const next = serving ? 'SERVING' : 'NOT_SERVING';
    if (this.#statuses.get(service) !== next) {
      this.#statuses.set(service, next);
      this.#watches.get(service)?.forEach((watch) => watch.write({ status: next }));
    }
  }

  addTo(server: Server, requesterOf: RequesterOf): void {
    server.addService(serviceOf('health/v1/health.proto', 'grpc.health.v1.Health'), {
      check: (
        { request: { service } }: ServerUnaryCall<HealthRequest, HealthResponse>,
        reply: sendUnaryData<HealthResponse>,
      ) => {
        const known = this.#statuses.get(service);
        if (known === undefined) {
          reply({ code: status.NOT_FOUND, details: `this server has no service ${JSON.stringify(service)}` });
        } else {
          reply(null, { status: known });
        }
      },
      watch: (watch: Watch) => {
        this.#watch(watch, addressOf(requesterOf(watch).caller));
      },
      list: (_call: unknown, reply: sendUnaryData<object>) => {
        // A map, as its entries.
        const statuses = [...this.#statuses].map(([key, known]) => ({ key, value: { status: known } }));
        reply(null, { statuses });
      },
    });
  }

  /** Ends the watches, which would otherwise keep their connections open. */
  close(): void {
    for (const watch of [...this.#watches.values()].flatMap((watches) => [...watches])) {
      watch.end();
    }
  }

  #watch(watch: Watch, address: string): void {
    const { service } = watch.request;
    const open = this.#watchers.get(address) ?? 0;
    if (open >= maxWatches) {
      const message = `${String(maxWatches)} watches of health are open from this address already, the most that it may have`;
      watch.emit('error', toGrpcStatus(serverError('WATCHES_EXHAUSTED', message), undefined));
      return;
    }
    this.#watchers.set(address, open + 1);
    const watches = this.#watches.get(service) ?? new Set();
    this.#watches.set(service, watches.add(watch));
    watch.once('close', () => {
      const rest = (this.#watchers.get(address) ?? 0) - 1;
      if (rest > 0) {
        this.#watchers.set(address, rest);
      } else {
        this.#watchers.delete(address);
      }
      watches.delete(watch);
      if (watches.size === 0 && this.#watches.get(service) === watches) {
        this.#watches.delete(service);
      }
    });
    watch.write({ status: this.#statuses.get(service) ?? 'SERVICE_UNKNOWN' });
  }
}

/** Returns the address of a caller, without its port. */
function addressOf({ peer }: Caller): string {
  return peer.replace(/:\d+$/, '');
}
