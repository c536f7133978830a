import { expect } from 'chai';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { ExternalCommands } from '../src/external-commands.js';

/** Creates files, executable or not. */
function put(scratch: Scratch, path: string, mode = 0o755): void {
  mkdirSync(dirname(scratch.file(path)), { recursive: true });
  writeFileSync(scratch.file(path), '#!/bin/sh\n');
  chmodSync(scratch.file(path), mode);
}

function link(scratch: Scratch, target: string, path: string): void {
  mkdirSync(dirname(scratch.file(path)), { recursive: true });
  symlinkSync(target, scratch.file(path));
}

describe('Commands that are programs of their own', () => {
  let scratch: Scratch;
  beforeEach(async () => {
    scratch = await Scratch.make();
    put(scratch, 'lib/bin/tool');
    put(scratch, 'lib/bin/tool-make-pool');
  });
  afterEach(() => scratch[Symbol.asyncDispose]());

  const calledAs = (path: string): ExternalCommands => new ExternalCommands('tool', scratch.file(path));

  it('are those beside the program', () => {
    put(scratch, 'lib/bin/tool-a');
    put(scratch, 'lib/bin/other-b');
    expect(calledAs('lib/bin/tool').names()).to.deep.equal(['a', 'make-pool']);
    expect(calledAs('lib/bin/tool').find('make-pool')).to.equal(scratch.file('lib/bin/tool-make-pool'));
    expect(calledAs('lib/bin/tool').find('pool')).to.be.undefined;
  });

  it('are found from each link to the program, by links of directories too, the nearest first', () => {
    link(scratch, '../../lib/bin/tool', 'usr/bin/tool');
    link(scratch, 'usr/bin', 'bin');
    link(scratch, '../../bin/tool', 'home/me/tool');
    put(scratch, 'usr/bin/tool-near');
    put(scratch, 'lib/bin/tool-near');
    for (const path of ['usr/bin/tool', 'bin/tool', 'home/me/tool']) {
      const commands = calledAs(path);
      expect(commands.names(), path).to.deep.equal(['make-pool', 'near']);
      expect(commands.find('make-pool')).to.equal(scratch.file('lib/bin/tool-make-pool'));
      expect(commands.find('near')).to.equal(scratch.file('usr/bin/tool-near'));
    }
  });

  it('may be links, as npm makes them beside that of the program', () => {
    link(scratch, '../one/dist/tool.js', 'node_modules/.bin/tool');
    put(scratch, 'node_modules/one/dist/tool.js');
    link(scratch, '../two/dist/make.js', 'node_modules/.bin/tool-make');
    put(scratch, 'node_modules/two/dist/make.js');
    expect(calledAs('node_modules/.bin/tool').names()).to.deep.equal(['make']);
    expect(calledAs('node_modules/one/dist/tool.js').names()).to.deep.equal([]);
  });

  it('are neither directories, nor files that nobody may run, nor links that lead nowhere', () => {
    mkdirSync(scratch.file('lib/bin/tool-directory'));
    put(scratch, 'lib/bin/tool-text', 0o644);
    link(scratch, 'nowhere', 'lib/bin/tool-link');
    expect(calledAs('lib/bin/tool').names()).to.deep.equal(['make-pool']);
  });

  const refused = [
    '',
    '-',
    'a-',
    '-a',
    'a--b',
    'A',
    'a.b',
    'a/b',
    '../bin/tool-a',
    '/bin/sh',
    'a b',
    'ä',
    'a\n',
  ];
  for (const word of refused) {
    it(`have no such word as ${JSON.stringify(word)}`, () => {
      if (!word.includes('/')) {
        put(scratch, `lib/bin/tool-${word}`);
      }
      put(scratch, 'lib/bin/tool-a');
      mkdirSync(scratch.file('lib/bin/tool-..'));
      expect(calledAs('lib/bin/tool').find(word)).to.be.undefined;
      expect(calledAs('lib/bin/tool').names()).to.deep.equal(['a', 'make-pool']);
    });
  }
});
