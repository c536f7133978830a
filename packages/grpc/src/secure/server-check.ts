import type { PeerCertificate } from 'node:tls';

import { quoted } from '@patchbay/objects';
import { formatSpiffeId, identityError } from '@patchbay/objects/identity';

import { spiffeIdIn } from './certificate.js';

/**
 * Returns why a server is not the one that is expected; undefined if it is. Its chain was verified.
 *
 * @param expected the principal that registered the address; `nameserver` for any name server. What is no certificate's
 *   (`local`, or nothing) any host or name server of the cluster may be
 */
export function serverError(
  { subjectaltname }: Pick<PeerCertificate, 'subjectaltname'>,
  cluster: string,
  expected: string | undefined,
): Error | undefined {
  const id = spiffeIdIn(subjectaltname);
  const isNamed = expected?.includes(':') === true;
  if (id?.cluster === cluster && isExpected(id, isNamed ? expected : undefined, expected === 'nameserver')) {
    return undefined;
  }
  const who = id === undefined ? 'somebody who is no server of ours' : formatSpiffeId(id);
  const names = id === undefined && subjectaltname !== undefined ? ` (${quoted(subjectaltname)})` : '';
  const whom = isNamed ? expected : expected === 'nameserver' ? 'a name server' : 'a server';
  return identityError(
    'SERVER_NOT_EXPECTED',
    `${who}${names} answers there, and ${whom} of the cluster ${quoted(cluster)} was expected; nothing was sent`,
  );
}

function isExpected(
  { kind, name }: { readonly kind: string; readonly name: string },
  expected: string | undefined,
  isNameServer: boolean,
): boolean {
  if (expected !== undefined) {
    return `${kind}:${name}` === expected;
  }
  return kind === 'nameserver' || (kind === 'host' && !isNameServer);
}
