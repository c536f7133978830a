/** The name under which a name server hosts itself. */
export const nameServerObject = 'nameserver';

/** The name under which a name server hosts the authority of its cluster, if it is one. */
export const identityObjectName = 'identity';

/** The default time to live of a lease, in milliseconds. */
export const defaultLeaseMs = 10_000;

/** The name under which the name server shows its log of calls. */
export const nameServerCalls = 'calls.nameserver';

/** Reports whether an object is the name server's own, which clients call there, and look up nowhere. */
export function isOfNameServer(object: string): boolean {
  return object === nameServerObject || object === identityObjectName || object === nameServerCalls;
}
