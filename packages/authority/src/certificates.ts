import { createPrivateKey, type KeyObject, randomBytes, webcrypto } from 'node:crypto';

import type * as X509 from '@peculiar/x509';

import { formatSpiffeId, type SpiffeId } from '@patchbay/objects/identity';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** By how much certificates begin before they are issued, for clocks that are behind. */
export const backdatedMs = 10 * minuteMs;

/** How long certificates are valid from when they are issued. A user who does not renew within that has to log in. */
export const lifetimesMs = { host: dayMs, nameserver: dayMs, user: 7 * dayMs } as const;

/** How long a root is valid: ten years. */
export const rootLifetimeMs = 3653 * dayMs;

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** What signs certificates. */
export interface Signer {
  /** The root, in PEM. */
  readonly certificate: string;
  /** Its key, certified by the root before it, in PEM: sent along with each certificate. */
  readonly link?: string | undefined;
  readonly privateKey: webcrypto.CryptoKey;
  /** When the root ends, in milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

/** A certificate that was issued. */
export interface IssuedCertificate {
  /** In PEM, followed by the link to the root before, if there is one. */
  readonly certificate: string;
  /** In hexadecimal. */
  readonly serial: string;
  readonly expiresAtMs: number;
}

/** Loads the library that makes certificates: it takes a quarter of a second. */
async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata');
  const loaded = (await import('@peculiar/x509')) as typeof X509 | { readonly default: typeof X509 };
  // It is CommonJS, of which an import in a bundle has the default alone.
  return 'X509CertificateGenerator' in loaded ? loaded : loaded.default;
}

/** Makes a root, and its private key in PKCS #8. */
export async function makeRoot(
  cluster: string,
  nowMs: number,
): Promise<{ readonly certificate: string; readonly privateKey: Buffer; readonly expiresAtMs: number }> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);
  const expiresAtMs = wholeSeconds(nowMs + rootLifetimeMs);
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: drawSerial(),
    name: [{ CN: [`Patchbay ${cluster}`.slice(0, 64)] }], // as long as X.509 has it
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(expiresAtMs),
    signingAlgorithm: ecdsa,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const privateKey = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return { certificate: root.toString('pem'), privateKey, expiresAtMs };
}

/** Takes a root into use. */
export async function openSigner(root: Omit<Signer, 'privateKey'>, pkcs8: Buffer): Promise<Signer> {
  createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }); // says what is wrong, where WebCrypto does not
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ecdsa, false, ['sign']);
  return { ...root, privateKey };
}

/**
 * Certifies the key of the next root by the root before it: who trusts that one alone verifies what the next one issues.
 * Both have the same name, so that the path is no longer than a root allows.
 */
export async function linkRoots(signer: Signer, next: string, nowMs: number): Promise<string> {
  const x509 = await loadX509();
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const [before, after] = [signer.certificate, next].map((pem) => new x509.X509Certificate(pem)) as [
    X509.X509Certificate,
    X509.X509Certificate,
  ];
  const link = await x509.X509CertificateGenerator.create({
    serialNumber: drawSerial(),
    subject: after.subjectName,
    issuer: before.subjectName,
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: before.notAfter < after.notAfter ? before.notAfter : after.notAfter,
    signingAlgorithm: ecdsa,
    signingKey: signer.privateKey,
    publicKey: after.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.AuthorityKeyIdentifierExtension.create(before.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(after.publicKey),
    ],
  });
  return link.toString('pem');
}

/** What a certificate is issued for. */
export interface CertificateRequest {
  readonly id: SpiffeId;
  readonly publicKey: KeyObject;
  /** Beside the identity's own, which a host and a name server have. */
  readonly alternativeNames?: readonly string[];
  readonly nowMs: number;
  /** The latest end; default: as its kind has it. */
  readonly untilMs?: number;
}

/** Issues a certificate: what it says is all from the request, and nothing from whoever asked. */
export async function issueCertificate(
  signer: Signer,
  { id, publicKey, alternativeNames = [], nowMs, untilMs = Infinity }: CertificateRequest,
): Promise<IssuedCertificate> {
  const x509 = await loadX509();
  const serial = drawSerial();
  const expiresAtMs = wholeSeconds(Math.min(nowMs + lifetimesMs[id.kind], signer.expiresAtMs, untilMs));
  const serves = id.kind !== 'user';
  const dns = serves ? [...new Set([id.name, ...alternativeNames])] : [];
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const issuer = new x509.X509Certificate(signer.certificate);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subjectKey = new x509.PublicKey(spki);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [id.name] }],
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - backdatedMs),
    notAfter: new Date(expiresAtMs),
    signingAlgorithm: ecdsa,
    signingKey: signer.privateKey,
    publicKey: subjectKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(serves ? [serverAuth, clientAuth] : [clientAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: formatSpiffeId(id) },
        ...dns.map((value) => ({ type: 'dns' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(subjectKey),
    ],
  });
  const chain = [certificate.toString('pem'), ...(signer.link === undefined ? [] : [signer.link])];
  return { certificate: chain.map((pem) => pem.trim()).join('\n'), serial, expiresAtMs };
}

/** Draws a serial number: 16 bytes, positive and without leading zeros. */
function drawSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** Certificates have no milliseconds. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
