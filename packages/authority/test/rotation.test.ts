import { X509Certificate } from 'node:crypto';

import { pinOf } from '@patchbay/objects/identity';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { retiredForMs, rotateBeforeMs } from '../src/rotation.js';
import { dyingAt, Enroller, OpenedAuthority } from './opened-authority.js';

const dayMs = 86_400_000;

describe('A rotation of the authority', () => {
  let opened: OpenedAuthority;
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  function states(): Record<string, string> {
    return Object.fromEntries(opened.authority.rotation.roots.map(({ name, state }) => [name, state]));
  }

  function pins(): string[] {
    return opened.authority.roots.map((root) => pinOf(new X509Certificate(root)));
  }

  async function enrolled(name = 'web1'): Promise<Enroller> {
    const host = new Enroller();
    await host.enrol(opened.authority, { token: await opened.token({ name }) });
    return host;
  }

  it('waits until every host that lives has said that it trusts the next root', async () => {
    const host = await enrolled();
    await enrolled('web2');
    await opened.authority.rotation.start('local');
    await opened.authority.rotation.start('local'); // again: nothing happens
    expect(states()).to.deep.equal({ 1: 'issuing', 2: 'next' });
    const [one = '', two = ''] = pins();
    await opened.authority.rotation.confirm('web1', [one]); // not yet
    expect(opened.authority.rotation.unconfirmed).to.deep.equal(['web1', 'web2']);
    await opened.authority.rotation.confirm('web1', [one, two]);
    expect(opened.authority.view).to.deep.include({ unconfirmed: ['web2'] });
    expect(opened.authority.hosts.find('web2').problem).to.contain('next root');
    await opened.restart();
    expect(opened.authority.rotation.unconfirmed).to.deep.equal(['web2']);
    await opened.authority.rotation.confirm('web2', [one, two]);
    expect(states()).to.deep.equal({ 1: 'trusted', 2: 'issuing' });
    const [first, second, ...more] = opened.authority.roots;
    expect(more).to.deep.equal([]);
    const { certificate = '', roots } = await host.renew(opened.authority, 'web1');
    expect(roots).to.deep.equal([first, second]);
    expect(new X509Certificate(certificate).verify(new X509Certificate(first ?? '').publicKey)).to.equal(
      true,
    );
  });

  it('sends a link along by which those verify who trust the former root alone', async () => {
    const [former = ''] = opened.authority.roots;
    await opened.authority.rotation.start('local');
    const { certificate = '' } = await new Enroller().enrol(opened.authority, {
      token: await opened.token(),
    });
    const [leaf = '', link = '', ...more] = certificate.match(/-----BEGIN[^]+?END CERTIFICATE-----/g) ?? [];
    expect(more).to.deep.equal([]);
    expect(new X509Certificate(leaf).verify(new X509Certificate(link).publicKey)).to.equal(true);
    expect(new X509Certificate(link).verify(new X509Certificate(former).publicKey)).to.equal(true);
  });

  it('does not wait for hosts that are revoked, or whose certificate has ended, nor when it is forced', async () => {
    await enrolled();
    await enrolled('web2');
    await opened.authority.hosts.revoke('web1', 'local');
    await opened.authority.rotation.start('local');
    expect(opened.authority.rotation.unconfirmed).to.deep.equal(['web2']);
    await opened.authority.rotation.start('local', true);
    expect(states()).to.deep.equal({ 1: 'trusted', 2: 'issuing' });
    await opened.authority.rotation.start('local');
    expect(states()).to.include({ 3: 'next' });
    await opened.clock.advance(2 * dayMs);
    await opened.authority.rotation.advance();
    expect(states()).to.include({ 3: 'issuing' });
  });

  it('ends when the last certificate of the former root has ended', async () => {
    await opened.authority.rotation.start('local');
    expect(opened.authority.records.get('root', '1')?.privateKey).to.equal(undefined);
    await opened.clock.advance(retiredForMs - 1000);
    expect(await opened.authority.rotation.advance()).to.equal(1000);
    expect(states()).to.deep.equal({ 1: 'trusted', 2: 'issuing' });
    await opened.clock.advance(1000);
    await opened.authority.rotation.advance();
    expect(states()).to.deep.equal({ 2: 'issuing' });
    expect(opened.authority.policy.roots).to.deep.equal(opened.authority.roots);
    await opened.restart();
    expect(states()).to.deep.equal({ 2: 'issuing' });
  });

  it('starts by itself a year before the root ends', async () => {
    const { expiresAtMs = 0 } = opened.authority.records.get('root', '1') ?? {};
    await opened.clock.advance(expiresAtMs - rotateBeforeMs - opened.clock.now() - 1);
    await opened.authority.rotation.advance();
    expect(states()).to.deep.equal({ 1: 'issuing' });
    await opened.clock.advance(1);
    await opened.authority.rotation.advance();
    expect(states()).to.deep.equal({ 1: 'trusted', 2: 'issuing' });
  });

  it('leaves nothing of a root that is known to others, and tells no watcher of its successor', async () => {
    const [former] = opened.authority.roots;
    await enrolled();
    const { feed, clock } = opened.authority;
    const watch = feed.watch({
      host: undefined,
      signal: new AbortController().signal,
      sleep: (ms, options) => clock.sleep(ms, options),
    });
    await watch.next();
    const ended = refusal(watch.next(), 'CERTIFICATE_FOREIGN');
    await opened.authority.rotation.replaceCompromised('local');
    await ended;
    expect(states()).to.deep.equal({ 2: 'issuing' });
    expect(opened.authority.roots).not.to.include(former);
    expect(opened.authority.records.get('root', '2')).not.to.have.property('link');
    expect(opened.authority.hosts.find('web1').problem).to.contain('replace_host web1');
  });

  for (const when of ['before', 'after'] as const) {
    it(`is resumed when the process ends ${when} the commit of the next root, or of the change of roots`, async () => {
      await opened.stop();
      for (const nth of [1, 2]) {
        await opened.start({ wrap: dyingAt(nth, when) });
        const killed = opened.authority.rotation.start('local');
        expect(await killed.catch((error: unknown) => error)).to.be.an('error');
        await opened.stop();
        await opened.start();
        await opened.authority.rotation.advance(); // as every start does
        if (nth === 1 && when === 'before') {
          expect(states()).to.deep.equal({ 1: 'issuing' }); // nothing had happened
        } else {
          const [last, former] = Object.keys(states()).reverse();
          expect(states()).to.include({ [last ?? '']: 'issuing', [former ?? '']: 'trusted' });
        }
        await opened.stop();
      }
      await opened.start();
    });

    it(`ends when the process ends ${when} the commit that drops the former root`, async () => {
      await opened.authority.rotation.start('local');
      await opened.clock.advance(retiredForMs);
      await opened.stop();
      await opened.start({ wrap: dyingAt(1, when) });
      expect(await opened.authority.rotation.advance().catch((error: unknown) => error)).to.be.an('error');
      await opened.stop();
      await opened.start();
      await opened.authority.rotation.advance();
      expect(states()).to.deep.equal({ 2: 'issuing' });
    });

    it(`of a root that is known to others is whole or not there when the process ends ${when} its commit`, async () => {
      await opened.stop();
      await opened.start({ wrap: dyingAt(1, when) });
      const killed = opened.authority.rotation.replaceCompromised('local');
      expect(await killed.catch((error: unknown) => error)).to.be.an('error');
      await opened.stop();
      await opened.start();
      expect(states()).to.deep.equal(when === 'before' ? { 1: 'issuing' } : { 2: 'issuing' });
    });
  }
});
