import { coreError } from '@patchbay/objects';
import {
  connectOver,
  type ConnectToOptions,
  type Destination,
  type ObjectClient,
  type SessionProver,
  type Transport,
} from '@patchbay/session/client';

import type { ChannelTrust } from '../describe.js';
import type { Health } from '../health-at.js';
import { type Dialled, dialPlain } from './dialled.js';
import { GrpcStream } from './grpc-stream.js';
import { unprovenDialer } from './unproven-dialer.js';

/** The path of `Session` of ObjectServer. */
const sessionPath = '/patchbay.v1.ObjectServer/Session';

/** How servers are dialled over TCP, other than plain. */
export interface TcpDialer {
  /** Dials a server, and checks that it is the one that is expected. @throws RpcError for a malformed address */
  dial(to: Destination): Dialled;
  /** Returns what checks the server of a channel of grpc-js. */
  trust(to: Destination): ChannelTrust;
}

/**
 * Returns what connects a client to its servers over gRPC.
 *
 * @param tcp default: plain; socket files always are
 * @param prover proves who opens a session. Default: the connection alone says who calls
 */
export function grpcTransportBy(tcp?: TcpDialer, prover?: SessionProver): Transport {
  const dialerTo = ({ address }: Destination): TcpDialer | undefined =>
    address.startsWith('unix:') ? undefined : tcp;
  return {
    prover,
    dial: (to, events) => {
      try {
        return new GrpcStream(dialerTo(to)?.dial(to) ?? dialPlain(to.address), sessionPath, events);
      } catch (error) {
        throw coreError('CONNECTION_LOST', `no connection: ${(error as Error).message}`, { cause: error });
      }
    },
  };
}

/** How a client dials TCP. */
export interface ClientTransportOptions {
  /** Proves who calls, by TLS. Default: nobody; TCP is refused, with what is missing. */
  readonly identity?: { readonly dialer: TcpDialer } | undefined;
  /** Whether to dial plain TCP instead. */
  readonly insecure: boolean;
}

/** Returns what connects a client to its servers: by socket files, and over TCP as it is told to. */
export function clientTransport({ identity, insecure }: ClientTransportOptions): Transport {
  return grpcTransportBy(insecure ? undefined : (identity?.dialer ?? unprovenDialer));
}

/** Connects a client to its servers over gRPC, without TLS. */
export const grpcTransport: Transport = grpcTransportBy();

/**
 * Asks a server for the health of some of its services.
 *
 * @param tcp default: plain; socket files always are
 * @throws RpcError when it does not answer
 */
export async function healthOf<const S extends string>(
  at: Destination,
  services: readonly S[],
  { tcp, timeoutMs }: { readonly tcp?: TcpDialer | undefined; readonly timeoutMs: number },
): Promise<Readonly<Record<S, Health>>> {
  const trust = at.address.startsWith('unix:') ? undefined : tcp?.trust(at);
  return (await import('../health-at.js')).healthAt(at.address, services, { trust, timeoutMs });
}

/** Makes a client of the server at an address, to which every object is routed. */
export function connectTo(address: string, options: ConnectToOptions = {}): ObjectClient {
  return connectOver(grpcTransport, address, options);
}
