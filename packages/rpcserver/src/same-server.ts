import { isLoopback, isWildcard, parseAddress } from '@patchbay/objects';

/**
 * Reports whether who listens on an address of this machine is who answers at another one of its loopback.
 *
 * @param listened as the server says
 * @param dialled as a client has it
 */
export function isSameServer(listened: string, dialled: string): boolean {
  const [one, other] = [parseAddress(listened), parseAddress(dialled)];
  if ('path' in one || 'path' in other || one.port !== other.port || !isLoopback(other.host)) {
    return false;
  }
  const isName = [one, other].some(({ host }) => host.toLowerCase() === 'localhost');
  return one.host === other.host || isWildcard(one.host) || (isName && isLoopback(one.host));
}
