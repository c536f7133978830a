import type { CurrentIdentity, PkiIdentity, TlsFiles } from '@patchbay/grpc/secure';

/**
 * Opens the identity of a user who has logged in (`rpcclient login`), for `connect`; undefined where nobody has.
 *
 * @param path its file; default: the user's own
 * @throws RpcError `IDENTITY_FILE_UNSAFE`
 */
export async function openUserIdentity(path?: string): Promise<CurrentIdentity | undefined> {
  return (await import('./identity.js')).openUserIdentity(path); // on demand: many programs call with no identity
}

/**
 * Opens the identity of a user or host whose certificate a PKI of one's own issued, for `connect`, and follows its files
 * until it is disposed of.
 *
 * @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
 */
export async function openTlsIdentity(files: TlsFiles): Promise<PkiIdentity> {
  return (await import('./identity.js')).openTlsIdentity(files);
}
