import { connect, type Socket } from 'node:net';

import { parseAddress, systemErrorText } from '@patchbay/objects';
import type { Refusal } from '@patchbay/session/client';

/** A connection that is being made, or was. */
export interface Dialled {
  readonly socket: Socket;
  /** What requests call the server: `host:port`. */
  readonly authority: string;
  /** Returns why the connection failed, in one clause, and whether one end refused the other. */
  readonly failure: (error: Error) => DialFailure | Promise<DialFailure>;
}

/** Why a connection failed. */
export interface DialFailure {
  readonly why: string;
  readonly refusal?: Refusal;
}

/** Dials a server without TLS: over TCP, or by a socket file. @throws RpcError as `parseAddress` for a malformed address */
export function dialPlain(address: string): Dialled {
  const peer = parseAddress(address);
  const socket = connect({ ...peer, noDelay: true });
  if (!('path' in peer)) {
    return { socket, authority: address, failure: (error) => ({ why: reasonOf(error) }) };
  }
  const failure = async (error: Error): Promise<DialFailure> => {
    // On demand: a call that succeeds does without.
    const { socketFailure } = await import('./http2/socket-failure.js');
    return { why: socketFailure(peer.path, error) };
  };
  // A path is no authority; gRPC's own clients send this one, too.
  return { socket, authority: 'localhost', failure };
}

/** Returns why a connection failed: for a host with several addresses, the errors of all. */
export function reasonOf(error: Error): string {
  const each = error instanceof AggregateError ? (error.errors as Error[]) : [error];
  return [...new Set(each.map(systemErrorText))].join('; '); // of several addresses of one host
}
