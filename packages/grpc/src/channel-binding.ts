import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The label of RFC 9266. */
const label = 'EXPORTER-Channel-Binding';
const bindingBytes = 32;

/**
 * Returns what both ends of a TLS connection know, and nobody else, a proxy in between that ends TLS included; undefined
 * for a connection without TLS.
 */
export function channelBindingOf(socket: Socket | TLSSocket): Buffer | undefined {
  const { encrypted } = socket as Partial<TLSSocket>;
  return encrypted === true
    ? (socket as TLSSocket).exportKeyingMaterial(bindingBytes, label, Buffer.alloc(0))
    : undefined;
}
