/** Where a server is reached, and who must answer there. */
export interface Destination {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  /** The principal that registered the address, such as `host:web1`, as the name server knows it; undefined: unknown. */
  readonly principal: string | undefined;
  /** Differs from that of any other destination. */
  readonly key: string;
}

/** Returns the destination of an address, and of the principal that is expected there. */
export function destination(address: string, principal?: string): Destination {
  return { address, principal, key: principal === undefined ? address : `${principal} ${address}` };
}
