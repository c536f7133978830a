import { quoted, systemErrorText } from '@patchbay/objects';
import { identityError, identityKinds, principalName, readTrustedFile } from '@patchbay/objects/identity';

import { CurrentIdentity } from './identity.js';
import { writePrivateFile } from './private-file.js';
import type { Identity } from './trust.js';

/** An identity as its file holds it: before the certificate is issued, without one. */
export type StoredIdentity = Omit<Identity, 'certificate'> & { readonly certificate?: string };

/** More than any identity: a few certificates and keys. */
const maxBytes = 1024 * 1024;

/** Reads an identity; undefined where there is no file. @throws RpcError `IDENTITY_FILE_UNSAFE` */
export function readIdentityFile(path: string): StoredIdentity | undefined {
  const text = readTrustedFile(path, { what: 'identity file', isSecret: true, maxBytes });
  return text === undefined ? undefined : parsed(path, text);
}

/**
 * Writes an identity with mode 0600, as a whole or not at all: readers see the former file or this one, whatever fails.
 * @throws RpcError `IDENTITY_FILE_UNSAFE`
 */
export function writeIdentityFile(path: string, identity: StoredIdentity): void {
  try {
    writePrivateFile(path, `${JSON.stringify(identity, undefined, 2)}\n`);
  } catch (error) {
    throw unsafe(path, `it cannot be written: ${systemErrorText(error)}`);
  }
}

/**
 * Opens the identity in a file, which follows its changes; undefined where there is none, or no certificate yet.
 * @throws RpcError `IDENTITY_FILE_UNSAFE`
 */
export function openIdentity(path: string): CurrentIdentity | undefined {
  const stored = readIdentityFile(path);
  if (stored?.certificate === undefined) {
    return undefined;
  }
  const identity: Identity = { ...stored, certificate: stored.certificate };
  return new CurrentIdentity(identity, (next) => {
    writeIdentityFile(path, next);
  });
}

function parsed(path: string, text: string): StoredIdentity {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw unsafe(path, 'it is damaged: join or log in anew');
  }
  const found = content as Readonly<Record<string, unknown>> | null;
  const texts = ['cluster', 'kind', 'name', 'privateKey'];
  const lists = ['nameServers', 'roots'];
  const isText = (value: unknown): boolean => typeof value === 'string';
  const wrong = [
    ...texts.filter((key) => !isText(found?.[key])),
    ...lists.filter((key) => !Array.isArray(found?.[key]) || !(found[key] as unknown[]).every(isText)),
    ...['certificate', 'sealingKey'].filter((key) => found?.[key] !== undefined && !isText(found[key])),
  ];
  const identity = found as unknown as StoredIdentity;
  if (wrong.length === 0 && !isNamed(identity)) {
    wrong.push('name');
  }
  if (wrong.length > 0) {
    throw unsafe(path, `it has no valid ${quoted(String(wrong[0]))}: join or log in anew`);
  }
  return identity;
}

/** Reports whether the name is one; before the certificate is issued, that of the token may be unknown. */
function isNamed({ kind, name, certificate }: StoredIdentity): boolean {
  return (
    identityKinds.includes(kind) && (principalName.test(name) || (name === '' && certificate === undefined))
  );
}

function unsafe(path: string, why: string): Error {
  return identityError('IDENTITY_FILE_UNSAFE', `the identity file ${path} cannot be used: ${why}`);
}
