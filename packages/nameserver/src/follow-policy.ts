import type { ObjectServer } from '@patchbay/grpc/server';
import type { Log } from '@patchbay/objects';

import type { OwnIdentity } from './own-identity.js';
import type { Registry } from './registry.js';

/**
 * Has a name server ask anew who its callers are, and end the names of hosts that are revoked, whenever its policy or its
 * own certificate changes.
 */
export async function followPolicy(
  own: OwnIdentity,
  { server, registry, log }: { server: ObjectServer; registry: Registry; log: Log },
): Promise<void> {
  const { policy } = own.authority;
  const releaseRevoked = async (): Promise<void> => {
    await registry
      .release((owner) => policy.find(owner)?.state !== 'active')
      .catch((error: unknown) => {
        log.warn('cannot end the names of a host that was revoked; its leases end by themselves', { error });
      });
  };
  dismissWithRoots(own, server);
  policy.onChange(() => {
    server.reidentify();
    void releaseRevoked(); // clients are not to be sent there for as long as the lease lasts
  });
  own.current?.onChange(() => {
    server.reidentify(); // whose root is trusted no more
  });
  await releaseRevoked(); // where the last name server ended in between
}

/** Ends connections over TLS when the root was replaced by one that inherits no trust: all have to join anew. */
function dismissWithRoots({ current: identity }: OwnIdentity, server: ObjectServer): void {
  let roots = identity?.current.roots ?? [];
  identity?.onChange((next) => {
    if (!next.roots.some((root) => roots.includes(root))) {
      server.dismiss();
    }
    ({ roots } = next);
  });
}
