import { expect } from 'chai';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';

import { Scratch } from '@patchbay/objects/testing';

import { History, historyFile } from '../../src/repl/history.js';

describe('The history of a prompt', () => {
  it('is kept in the state directory of the user', () => {
    expect(historyFile({}, '/home/u')).to.equal('/home/u/.local/state/patchbay/rpcclient-history');
    expect(historyFile({ XDG_STATE_HOME: '/state' }, '/home/u')).to.equal(
      '/state/patchbay/rpcclient-history',
    );
    expect(historyFile({ XDG_STATE_HOME: 'relative' }, '/home/u')).to.match(/^\/home\/u\//);
  });

  it('remembers the lines of prompts that were open at once, except empty ones', async () => {
    await using scratch = await Scratch.make();
    const path = scratch.file('deep', 'history');
    const [one, two] = [await History.open(path), await History.open(path)];
    await one.add('a');
    await two.add('b');
    await one.add('  ');
    await one.add('c');
    expect((await History.open(path)).lines).to.deep.equal(['a', 'b', 'c']);
  });

  it('is readable by the user alone, even if the file allowed more before', async () => {
    await using scratch = await Scratch.make();
    const path = scratch.file('history');
    await writeFile(path, 'old\n');
    await chmod(path, 0o644);
    const history = await History.open(path);
    await history.add('new');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    expect(await readFile(path, 'utf8')).to.equal('old\nnew\n');
  });

  it('forgets the oldest lines when there are many', async () => {
    await using scratch = await Scratch.make();
    const path = scratch.file('history');
    const lines = Array.from({ length: 2_001 }, (_, index) => `line ${String(index)}`);
    await writeFile(path, `${lines.join('\n')}\n`);
    const history = await History.open(path);
    expect(history.lines).to.deep.equal(lines.slice(-1_000));
    expect((await readFile(path, 'utf8')).trimEnd().split('\n')).to.deep.equal(lines.slice(-1_000));
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it('fails when it cannot be opened', async () => {
    await using scratch = await Scratch.make();
    const path = scratch.file('history');
    await mkdir(path);
    const error = await History.open(path).catch((each: unknown) => each as NodeJS.ErrnoException);
    expect(error).to.have.property('code', 'EISDIR');
  });
});
