import { grpcTransport } from '@patchbay/grpc/client';
import { unverifiedTransport, withAuthority } from '@patchbay/grpc/secure';
import type { IdentityStatus } from '@patchbay/objects';

/**
 * Asks the name server at an address for what it tells anybody. Over TLS, who answers is not verified.
 *
 * @param insecure whether to dial without TLS
 * @throws RpcError `NAMESERVER_UNAVAILABLE`; `OBJECT_NOT_FOUND` where it has no authority
 */
export function askStatus(address: string, insecure: boolean): Promise<IdentityStatus> {
  const transport = insecure ? grpcTransport : unverifiedTransport();
  return withAuthority(transport, address, ({ status }) => Promise.resolve(status));
}
