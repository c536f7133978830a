/** The name under which a name server hosts itself. */
export const nameServerObject = 'nameserver';

/** The name under which a name server hosts the authority of its cluster, if it is one. */
export const identityObjectName = 'identity';

/** The default time to live of a lease, in milliseconds. */
export const defaultLeaseMs = 10_000;
