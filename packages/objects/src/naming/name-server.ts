/** The name under which a name server hosts itself. */
export const nameServerObject = 'nameserver';

/** The default time to live of a lease, in milliseconds. */
export const defaultLeaseMs = 10_000;
