/** The name under which a name server hosts itself. */
export const nameServerObject = 'nameserver';

/** How long a lease lives without being kept alive, unless asked otherwise: 10 s. */
export const defaultLeaseMs = 10_000;
