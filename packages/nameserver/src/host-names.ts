import { compileGlob, versionedNameIn } from '@patchbay/objects';

import type { NamedPrincipal } from './ownership.js';

/** Names that stand for the whole cluster. */
const clusterNames = new Set(['nameserver', 'identity', 'calls', 'jobs', 'scripts']);

/** What a host's name is like. */
const hostName = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Reports whether a principal may register a name. A host may register the names below `*.NAME`, such as `host.web1` and
 * `calls.rpcserver.web1/v2` of host `web1`; every other name must be allowed. What is allowed are names, each with its
 * versions, and globs; no glob matches a name of the cluster's or one that may be another host's.
 *
 * @param allowed - the names and globs that an admin allows the principal
 */
export function mayRegister(principal: NamedPrincipal, name: string, allowed: readonly string[]): boolean {
  if (isOwnName(principal, name)) {
    return true;
  }
  const base = versionedNameIn(name)?.base;
  return allowed.some((each) => {
    if (!/[*?]/.test(each)) {
      return each === name || each === base;
    }
    const glob = compileGlob(each);
    return isMatchedByGlobs(name) && (glob.matches(name) || (base !== undefined && glob.matches(base)));
  });
}

/** Reports whether a name is below `*.NAME` of a host, which no other may register but by that very name. */
export function isOwnName(principal: NamedPrincipal, name: string): boolean {
  const host = lastLabel(name);
  return host !== undefined && principal === `host:${host}`;
}

/** Reports whether a name is one that globs stand for: neither the cluster's nor that of some host. */
function isMatchedByGlobs(name: string): boolean {
  const label = lastLabel(name);
  return label === undefined ? !clusterNames.has(firstPart(name)) : !hostName.test(label);
}

/** Returns what stands behind the last dot of a name, or of what is before its first slash; undefined where there is none. */
function lastLabel(name: string): string | undefined {
  const part = firstPart(name);
  const dot = part.lastIndexOf('.');
  return dot === -1 ? undefined : part.slice(dot + 1);
}

function firstPart(name: string): string {
  const [part = ''] = name.split('/', 1);
  return part;
}
