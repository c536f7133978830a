import type { Enrolment } from '@patchbay/objects';
import { renewalMessage } from '@patchbay/objects/identity';
import type { Transport } from '@patchbay/session/client';

import type { CurrentIdentity } from './identity.js';
import type { StoredIdentity } from './identity-file.js';
import { publicKeyOf, signText } from './keys.js';
import { withAuthority } from './name-server-identity.js';
import { secureTransport } from './secure-transport.js';

/**
 * Asks a name server for a certificate of a key that is enrolled, by a signature: a former certificate may have ended.
 * @throws RpcError as `IdentityMethods.renew`
 */
export async function askForCertificate(
  { kind, name, privateKey }: Pick<StoredIdentity, 'kind' | 'name' | 'privateKey'>,
  transport: Transport,
  address: string,
): Promise<Enrolment> {
  const { pem, fingerprint } = publicKeyOf(privateKey);
  const enrolled = kind === 'user' ? kind : 'host';
  return withAuthority(transport, address, ({ methods, status: { challenge } }) => {
    const text = renewalMessage({ challenge, kind: enrolled, name, fingerprint });
    return methods.renew(enrolled, name, pem, challenge, signText(privateKey, text));
  });
}

/**
 * Renews the certificate of an identity, and puts it in force.
 *
 * @param address of the name server. Default: those of the identity, one after the other
 * @throws RpcError as `IdentityMethods.renew`, of the last name server that was asked
 */
export async function renewIdentity(identity: CurrentIdentity, address?: string): Promise<Enrolment> {
  const transport = secureTransport({ identity });
  const addresses = address === undefined ? identity.current.nameServers : [address];
  let failure: unknown = new Error('the identity names no name server');
  for (const each of addresses) {
    try {
      const renewed = await askForCertificate(identity.current, transport, each);
      const { certificate = identity.current.certificate, roots } = renewed;
      identity.replace({ ...identity.current, certificate, roots });
      return renewed;
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
