import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { z } from 'zod';

import { Scratch } from '@patchbay/objects/testing';

import { insecureSetting, listenSetting, severalAddresses } from '../src/address-settings.js';
import { configure } from '../src/configuration.js';

describe('Where a server listens', () => {
  const schema = z.strictObject({ listen: listenSetting.default('127.0.0.1:7440') });
  let scratch: Scratch;

  before(async () => {
    scratch = await Scratch.make();
  });
  after(() => scratch.close());

  function listenOf(text: string, flags: Readonly<Record<string, unknown>> = {}): unknown {
    const file = scratch.file('c.yaml');
    writeFileSync(file, text);
    return configure({ schema, file, flags }).listen;
  }

  it('is an address, or a list of them', () => {
    expect(listenOf('')).to.equal('127.0.0.1:7440');
    expect(listenOf('listen: unix:/run/socket')).to.equal('unix:/run/socket');
    expect(listenOf("listen: ['unix:/run/socket', '[::1]:0']")).to.deep.equal([
      'unix:/run/socket',
      '[::1]:0',
    ]);
    expect(listenOf('', { listen: ['a:1', 'b:2'] })).to.deep.equal(['a:1', 'b:2']);
    expect(listenOf('listen: a:1', { listen: undefined })).to.equal('a:1');
  });

  for (const [text, message] of [
    ['listen: nowhere', /c\.yaml:1: listen: address "nowhere": must be host:port, such as nowhere:7440/],
    [
      'listen:\n  - a:1\n  - unix:run',
      /c\.yaml:3: listen\[1\]: address "unix:run": must be .* absolute path/,
    ],
    ['listen: []', /c\.yaml:1: listen: /],
    [`listen: unix:/${'x'.repeat(107)}`, /c\.yaml:1: listen: address .* allows a socket file 107/],
  ] as const) {
    it(`is not ${JSON.stringify(text.slice(0, 40))}`, () => {
      expect(() => listenOf(text)).to.throw(message);
    });
  }

  it('is named by the flag that gave it', () => {
    expect(() => listenOf('', { listen: ['a:1', 'b'] })).to.throw(/--listen: address "b"/);
  });

  for (const [text, flag, insecure] of [
    ['', undefined, false],
    ['insecure: true', undefined, true],
    ['insecure: network', undefined, 'network'],
    ['insecure: network', false, false],
    ['', true, true],
    ['', 'network', 'network'],
  ] as const) {
    it(`is plain TCP by ${JSON.stringify({ text, flag })}: ${String(insecure)}`, () => {
      const file = scratch.file('c.yaml');
      writeFileSync(file, text);
      const configured = configure({
        schema: z.strictObject({ insecure: insecureSetting }),
        file,
        flags: { insecure: flag },
      });
      expect(configured).to.deep.equal({ insecure });
    });
  }

  it('is plain TCP by true, false or network alone', () => {
    const file = scratch.file('c.yaml');
    writeFileSync(file, 'insecure: yes please');
    const schema = z.strictObject({ insecure: insecureSetting });
    expect(() => configure({ schema, file })).to.throw(/c\.yaml:1: insecure: .*true.*false.*network/);
  });

  it('is listed in the log where there is more than one address', () => {
    expect(severalAddresses({ addresses: ['a:1'] })).to.deep.equal({});
    expect(severalAddresses({ addresses: ['a:1', 'b:2'] })).to.deep.equal({ addresses: ['a:1', 'b:2'] });
  });
});
