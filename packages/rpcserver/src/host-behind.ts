import type { CurrentIdentity } from '@patchbay/grpc/secure';

/**
 * Returns the host on whose behalf a server asks its name server, where it comes by the socket file, as `local`; undefined
 * where its certificate says who it is.
 */
export function hostBehind(nameServer: string, { current }: CurrentIdentity): `host:${string}` | undefined {
  return nameServer.startsWith('unix:') ? `host:${current.name}` : undefined;
}
