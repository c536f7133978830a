import { expect } from 'chai';

import type { RpcError } from '@patchbay/objects';

import { isSameSource, parseSource } from '../../../src/disks/import/source.js';

describe('parseSource', () => {
  const accepted: readonly (readonly [string, ReturnType<typeof parseSource>])[] = [
    ['https://example.org/a.img', { kind: 'web', url: new URL('https://example.org/a.img') }],
    ['HTTP://example.org:81/a?b=c', { kind: 'web', url: new URL('http://example.org:81/a?b=c') }],
    ['server:/srv/images/a b,c:d.img', { kind: 'file', path: '/srv/images/a b,c:d.img' }],
  ];
  for (const [text, source] of accepted) {
    it(`accepts ${text}`, () => {
      expect(parseSource(text)).to.deep.equal(source);
    });
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['ubuntu.qcow2', /only http/],
    ['/srv/a.img', /only http/],
    ['', /only http/],
    ['server:a.img', /absolute/],
    ['server:', /absolute/],
    ['SERVER:/srv/a.img', /only http/],
    ['file:///srv/a.img', /only http/],
    ['json:{"driver":"nbd"}', /only http/],
    ['nbd://localhost/a', /only http/],
    ['ftp://example.org/a.img', /only http/],
    ['fat:rw:/etc', /only http/],
    ['rbd:pool/image', /only http/],
    ['data:,hello', /only http/],
    ['http://', /only http/],
    ['server:/srv/a\0b', /NUL/],
  ];
  for (const [text, why] of refused) {
    it(`refuses ${JSON.stringify(text)} and explains what to give`, () => {
      expect(() => parseSource(text))
        .to.throw(why)
        .with.property('reason', 'SOURCE_REFUSED');
    });
  }

  it('refuses a URL with a password without repeating it', () => {
    let message = '';
    try {
      parseSource('https://user:secret@example.org/a.img');
    } catch (error) {
      message = (error as RpcError).message;
    }
    expect(message).to.include('example.org').and.not.include('secret');
  });
});

describe('isSameSource', () => {
  const cases: readonly (readonly [known: string, given: string, same: boolean])[] = [
    ['http://example.org/a', 'http://example.org/a', true],
    ['server:/srv/a', 'server:/srv/a', true],
    ['/srv/a', 'server:/srv/a', true],
    ['/srv/a', 'server:/srv/b', false],
    ['upload', 'server:/srv/a', false],
  ];
  for (const [known, given, same] of cases) {
    it(`reports that ${given} is ${same ? '' : 'not '}the source of an image from ${known}`, () => {
      expect(isSameSource(known, given)).to.equal(same);
    });
  }
});
