import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

import { coreError } from '../errors/core-errors.js';
import { readTrustedFile } from './trusted-file.js';

/** Where a certificate is, and its key, in PEM. */
export interface CertificateFiles {
  /** The path of the certificate, with those between it and its root behind it. */
  readonly certificate: string;
  /** The path of its private key, which has no passphrase. */
  readonly key: string;
}

/** Where a certificate, its key, and the roots that are trusted are, in PEM. */
export interface TlsFiles extends CertificateFiles {
  /** The path of the certificates of the roots. */
  readonly roots: string;
}

/** A certificate and its key, in PEM. */
export interface CertificateAndKey {
  readonly certificate: string;
  readonly privateKey: string;
}

const maxCertificateBytes = 64 * 1024;
const maxRootsBytes = 1024 * 1024;

/**
 * Reads a certificate and its key, as a PKI of one's own issued them.
 *
 * @param nowMs the wall-clock time, in milliseconds since the Unix epoch
 * @throws RpcError `CONFIG_INVALID` unless they belong together and are valid now, `IDENTITY_FILE_UNSAFE`
 */
export function readCertificate(files: CertificateFiles, nowMs: number): CertificateAndKey {
  const chain = certificatesIn(files.certificate, 'certificate', maxCertificateBytes);
  const options = { what: 'private key', isSecret: true, maxBytes: maxCertificateBytes, isOfOthers: true };
  const privateKey = readTrustedFile(files.key, options) ?? missing(files.key, 'private key');
  const [leaf] = chain;
  if (leaf?.checkPrivateKey(parsedKey(files.key, privateKey)) !== true) {
    throw invalid(`the private key ${files.key} is not that of the certificate ${files.certificate}`);
  }
  checkTime(files.certificate, leaf, nowMs);
  return { certificate: textOf(chain), privateKey };
}

/** Reads the certificates of roots. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
export function readRoots(path: string): readonly string[] {
  const roots = certificatesIn(path, 'roots', maxRootsBytes);
  const other = roots.find((root) => !root.ca);
  if (other !== undefined) {
    throw invalid(`the roots ${path} have ${JSON.stringify(other.subject)}, which may issue no certificate`);
  }
  return roots.map((root) => root.toString());
}

/**
 * Checks that a certificate was issued by one of the roots, or by those behind it, and returns it.
 *
 * @param path of the certificate, for messages
 * @throws RpcError `CONFIG_INVALID`
 */
export function checkIssuer(path: string, certificate: string, roots: readonly string[]): X509Certificate {
  const [leaf, ...between] = blocksIn(certificate).map((pem) => new X509Certificate(pem));
  const authorities = [...roots.map((pem) => new X509Certificate(pem)), ...between];
  const seen = new Set<X509Certificate>();
  let last = leaf;
  while (last !== undefined && !roots.includes(last.toString())) {
    const issued = last;
    const issuer = authorities.find(
      (each) => !seen.has(each) && each.ca && issued.checkIssued(each) && issued.verify(each.publicKey),
    );
    if (issuer !== undefined) {
      seen.add(issuer);
    }
    last = issuer;
  }
  if (leaf === undefined || last === undefined) {
    throw invalid(
      `the certificate ${path} was issued by ${JSON.stringify(leaf?.issuer)}, which none of the roots is`,
    );
  }
  return leaf;
}

/** Reads the certificates in a file. @throws RpcError `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE` */
function certificatesIn(path: string, what: string, maxBytes: number): readonly X509Certificate[] {
  const text = readTrustedFile(path, { what, isSecret: false, maxBytes, isOfOthers: true });
  if (text === undefined) {
    return missing(path, what);
  }
  const blocks = blocksIn(text);
  if (blocks.length === 0 || blocks.length !== text.split('-----BEGIN ').length - 1) {
    throw invalid(`${path} must have certificates in PEM, and no keys`);
  }
  try {
    return blocks.map((pem) => new X509Certificate(pem));
  } catch {
    throw invalid(`a certificate in ${path} is damaged`);
  }
}

function blocksIn(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function textOf(chain: readonly X509Certificate[]): string {
  return chain.map((each) => each.toString()).join('');
}

function parsedKey(path: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw invalid(`the private key ${path} is none in PEM without a passphrase`, cause);
  }
}

function checkTime(path: string, { validFrom, validTo }: X509Certificate, nowMs: number): void {
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  if (nowMs >= fromMs && nowMs < toMs) {
    return;
  }
  const [what, limitMs] = nowMs < fromMs ? ['begins', fromMs] : ['ended', toMs];
  const [limit, now] = [new Date(limitMs).toISOString(), new Date(nowMs).toISOString()];
  throw invalid(
    `the certificate ${path} ${what} at ${limit}, and this clock says ${now}; have it issued anew, or set the clock`,
  );
}

function missing(path: string, what: string): never {
  throw invalid(`there is no ${what} at ${path}`);
}

function invalid(message: string, cause?: unknown): Error {
  return coreError('CONFIG_INVALID', message, { cause });
}
