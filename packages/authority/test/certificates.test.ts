import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { OpenedAuthority } from './opened-authority.js';
import type { Issue } from '../src/issuer.js';

describe('A certificate of the authority', () => {
  let opened: OpenedAuthority;
  before(async () => {
    opened = await OpenedAuthority.open();
  });
  after(() => opened[Symbol.asyncDispose]());
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  function issue(name: string, alternativeNames: readonly string[] = []): Promise<Issue> {
    return opened.authority.issueNameServer(name, publicKey, alternativeNames);
  }

  it('is accepted by openssl, strictly, as that of a server and of a client', async () => {
    const file = (name: string): string => join(opened.directory, name);
    await writeFile(file('root.pem'), opened.authority.roots.join('\n'));
    await writeFile(file('leaf.pem'), (await issue('ns1', ['ns.example.org'])).validity.certificate);
    const at = String(Math.floor(opened.clock.now() / 1000));
    for (const purpose of ['sslserver', 'sslclient']) {
      const options = ['-x509_strict', '-attime', at, '-purpose', purpose, '-CAfile', file('root.pem')];
      const hostname = ['-verify_hostname', 'ns.example.org'];
      const output = execFileSync('openssl', ['verify', ...options, ...hostname, file('leaf.pem')]);
      expect(output.toString()).to.equal(`${file('leaf.pem')}: OK\n`);
    }
  });

  it('is accepted by openssl, strictly, by who trusts the root before alone, with the link that is sent along', async () => {
    await using rotated = await OpenedAuthority.open();
    const file = (name: string): string => join(rotated.directory, name);
    await writeFile(file('root.pem'), rotated.authority.roots.join('\n'));
    await rotated.authority.rotation.start('local');
    const { validity } = await rotated.authority.issueNameServer('ns1', publicKey);
    await writeFile(file('chain.pem'), validity.certificate);
    const at = String(Math.floor(rotated.clock.now() / 1000));
    const options = ['-x509_strict', '-attime', at, '-purpose', 'sslserver', '-CAfile', file('root.pem')];
    const chain = ['-untrusted', file('chain.pem'), file('chain.pem')];
    expect(execFileSync('openssl', ['verify', ...options, ...chain]).toString()).to.contain(': OK');
  });

  it('says whose it is, and nothing that its owner chose', async () => {
    const { validity, issued } = await issue('ns1', ['ns.example.org']);
    const certificate = new X509Certificate(validity.certificate);
    const uri = `URI:spiffe://${opened.authority.cluster}/nameserver/ns1`;
    expect(certificate.subjectAltName).to.equal(`${uri}, DNS:ns1, DNS:ns.example.org`);
    expect(certificate.subject).to.equal('CN=ns1');
    expect(certificate.serialNumber.toLowerCase()).to.equal(issued.serial);
    expect(certificate.ca).to.equal(false);
    expect(certificate.publicKey.equals(publicKey)).to.equal(true);
    const [root = ''] = opened.authority.roots;
    expect(certificate.verify(new X509Certificate(root).publicKey)).to.equal(true);
  });

  it('begins ten minutes ago and lasts a day; its root lasts ten years', async () => {
    const now = opened.clock.now();
    const { validity, issued } = await issue('ns1');
    const certificate = new X509Certificate(validity.certificate);
    expect(Date.parse(certificate.validFrom)).to.equal(now - 600_000);
    expect(Date.parse(certificate.validTo)).to.equal(now + 86_400_000);
    expect(issued.expiresAtMs).to.equal(now + 86_400_000);
    expect(validity).to.deep.include({ remainingMs: 86_400_000, lifetimeMs: 86_400_000 });
    const [root = ''] = opened.authority.roots;
    const years = (Date.parse(new X509Certificate(root).validTo) - now) / (365.25 * 86_400_000);
    expect(years).to.be.within(9.9, 10.1);
  });

  it('has a number that no other has', async () => {
    const serials = await Promise.all([issue('ns1'), issue('ns1'), issue('ns1')]);
    expect(new Set(serials.map(({ issued }) => issued.serial))).to.have.property('size', 3);
  });
});
