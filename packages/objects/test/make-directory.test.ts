import { stat, writeFile } from 'node:fs/promises';

import { makeDirectory } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';
import { expect } from 'chai';

describe('makeDirectory', () => {
  it('makes what is missing, with the mode, and is content with what is there', async () => {
    await using scratch = await Scratch.make();
    for (let times = 0; times < 2; times += 1) {
      makeDirectory(scratch.file('a/b/c'), 0o700);
    }
    expect((await stat(scratch.file('a/b'))).mode & 0o777).to.equal(0o700);
    expect((await stat(scratch.file('a/b/c'))).isDirectory()).to.be.true;
  });

  it('fails where the file system makes none', () => {
    expect(() => {
      makeDirectory('/proc/x/y');
    }).to.throw('ENOENT');
  });

  it('fails where a file is in the way', async () => {
    await using scratch = await Scratch.make();
    await writeFile(scratch.file('a'), '');
    expect(() => {
      makeDirectory(scratch.file('a'));
    }).to.throw('EEXIST');
    expect(() => {
      makeDirectory(scratch.file('a/b'));
    }).to.throw('ENOTDIR');
  });
});
