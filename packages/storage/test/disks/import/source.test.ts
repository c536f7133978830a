import { expect } from 'chai';

import { type RpcError } from '@patchbay/core';

import { parseSource } from '../../../src/disks/import/source.js';

describe('parseSource', () => {
  const accepted: readonly (readonly [string, ReturnType<typeof parseSource>])[] = [
    ['https://example.org/a.img', { kind: 'web', url: new URL('https://example.org/a.img') }],
    ['HTTP://example.org:81/a?b=c', { kind: 'web', url: new URL('http://example.org:81/a?b=c') }],
    ['/srv/images/a b,c:d.img', { kind: 'file', path: '/srv/images/a b,c:d.img' }],
    ['file:///srv/a%20b.img', { kind: 'file', path: '/srv/a b.img' }],
    ['file:/srv/a.img', { kind: 'file', path: '/srv/a.img' }],
  ];
  for (const [text, source] of accepted) {
    it(`takes ${text}`, () => {
      expect(parseSource(text)).to.deep.equal(source);
    });
  }

  const refused: readonly (readonly [string, RegExp])[] = [
    ['ubuntu.qcow2', /absolute path/],
    ['./ubuntu.qcow2', /absolute path/],
    ['../ubuntu.qcow2', /absolute path/],
    ['', /absolute path/],
    ['-O', /absolute path/],
    ['json:{"driver":"nbd"}', /only http/],
    ['nbd://localhost/a', /only http/],
    ['ftp://example.org/a.img', /only http/],
    ['fat:rw:/etc', /only http/],
    ['rbd:pool/image', /only http/],
    ['data:,hello', /only http/],
    ['http://', /only http/],
    ['file://otherhost/a.img', /file URL/],
    ['file:///a%2Fb', /file URL/],
    ['/srv/a\0b', /NUL/],
  ];
  for (const [text, why] of refused) {
    it(`refuses ${JSON.stringify(text)} and says what to give`, () => {
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
