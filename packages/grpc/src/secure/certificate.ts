import { parseSpiffeId, type SpiffeId } from '@patchbay/objects/identity';

/**
 * Returns whose a certificate is, by the only URI among its alternative names as Node spells them; undefined where that
 * is none of ours, or there are several.
 */
export function spiffeIdIn(alternativeNames: string | undefined): SpiffeId | undefined {
  // Node quotes what has a comma in it. No name of ours does, and what is quoted might look like another one.
  if (alternativeNames === undefined || alternativeNames.includes('"')) {
    return undefined;
  }
  const uris = alternativeNames.split(', ').filter((each) => each.startsWith('URI:'));
  const [uri] = uris;
  return uri !== undefined && uris.length === 1 ? parseSpiffeId(uri.slice('URI:'.length)) : undefined;
}

/** Returns when a certificate ends, from the time as Node spells it: `Dec  1 00:00:00 2030 GMT`. */
export function timeOf(text: string): number {
  return Date.parse(text);
}
