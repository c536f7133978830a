import { authorityError } from './errors.js';
import type { Issue } from './issuer.js';
import type { RecordOf } from './record-schemas.js';

/** How many keys a host may have: one for each server of the machine. */
export const maxHostKeys = 32;

/**
 * Returns a host with one key more, of a further server of the machine. Where there are too many, the one whose certificate
 * ended first makes room.
 *
 * @throws RpcError `RECORDS_EXHAUSTED` where the certificates of all count
 */
export function withKey(
  name: string,
  host: RecordOf<'host'>,
  fingerprint: string,
  nowMs: number,
): RecordOf<'host'> {
  const { fingerprints, keyEndsAtMs = {} } = host;
  const endOf = (each: string): number => keyEndsAtMs[each] ?? 0;
  if (fingerprints.length < maxHostKeys) {
    return { ...host, fingerprints: [...fingerprints, fingerprint] };
  }
  const [oldest = ''] = fingerprints.toSorted((a, b) => endOf(a) - endOf(b));
  if (endOf(oldest) > nowMs) {
    const message =
      `host:${name} has ${String(maxHostKeys)} keys, each of a server that ran within the last day; ` +
      'enrol this one by another name (--name)';
    throw authorityError('RECORDS_EXHAUSTED', message, { details: { kind: 'key', limit: maxHostKeys } });
  }
  return { ...host, fingerprints: [...fingerprints.filter((each) => each !== oldest), fingerprint] };
}

/** Returns a host after a certificate was issued for one of its keys. */
export function withCertified(
  host: RecordOf<'host'>,
  fingerprint: string,
  issued: Issue['issued'],
): RecordOf<'host'> {
  const ends = Object.entries({ ...host.keyEndsAtMs, [fingerprint]: issued.expiresAtMs });
  const keyEndsAtMs = Object.fromEntries(ends.filter(([each]) => host.fingerprints.includes(each)));
  return { ...host, ...issued, keyEndsAtMs };
}
