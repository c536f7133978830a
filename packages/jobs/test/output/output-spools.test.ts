import { readdir, readFile } from 'node:fs/promises';

import { expect } from 'chai';

import { RpcError } from '@patchbay/objects';
import { eventually, FakeClock, RecordingLog, Scratch } from '@patchbay/objects/testing';

import { OutputStore } from '../../src/output/output-store.js';
import { OutputSpools, type Upload } from '../../src/output/output-spools.js';
import type { Attempt } from '../../src/worker-protocol.js';

const attempt = { id: 'job-1', attempt: 1 };

describe('OutputSpools', () => {
  let scratch: Scratch;
  let store: OutputStore;
  let spools: OutputSpools;
  let upload: Upload;
  const clock = new FakeClock();
  const log = new RecordingLog();

  const opened = async (): Promise<OutputSpools> =>
    OutputSpools.open({
      ...{ directory: scratch.file('spool'), clock, log, limits: { headBytes: 4_000, tailBytes: 1_000 } },
      upload: (...args) => upload(...args),
    });

  async function kept(of: Attempt = attempt): Promise<string> {
    let text = '';
    for await (const { bytes } of store.read(of)) {
      text += Buffer.from(bytes).toString('latin1');
    }
    return text;
  }

  beforeEach(async () => {
    scratch = await Scratch.make();
    store = new OutputStore({ directory: scratch.file('output'), clock });
    upload = (of, from, frames) => store.append(of, from, frames);
    log.lines.length = 0;
    spools = await opened();
  });
  afterEach(async () => {
    await spools[Symbol.asyncDispose]();
    await scratch.close();
  });

  it('hand over what is written while it is written, and keep nothing of it then', async () => {
    const output = await spools.begin(attempt);
    await output.write('out', Buffer.from('one '));
    await eventually(async () => (await kept()) === 'one ');
    await output.write('err', Buffer.from('two'));
    await output.end();
    expect(await kept()).to.equal('one two');
    expect(await readdir(scratch.file('spool'))).to.deep.equal([]);
  });

  it('make an output of nothing, which is not one that is gone', async () => {
    await (await spools.begin(attempt)).end();
    expect(await kept()).to.equal('');
  });

  it('keep every byte as it is', async () => {
    const output = await spools.begin(attempt, ['a secret']);
    const bytes = Buffer.from(Array.from({ length: 1_024 }, (_, n) => n % 256));
    await output.write('out', bytes);
    await output.end();
    expect(await kept()).to.equal(bytes.toString('latin1'));
  });

  it('write no secret to the disk, also if it comes in pieces', async () => {
    const output = await spools.begin(attempt, ['hunter2']);
    const seen: string[] = [];
    for (const piece of ['the password is hun', 'te', 'r2\n']) {
      await output.write('out', Buffer.from(piece));
      seen.push(await readFile(scratch.file('spool', 'job-1.1.spool'), 'latin1').catch(() => ''));
    }
    await output.end();
    expect(await kept()).to.equal('the password is ***\n');
    expect(seen.join()).not.to.match(/hun|te|r2/);
  });

  it('keep the start and the end of too much, and say what was left out', async () => {
    const output = await spools.begin(attempt);
    for (let n = 0; n < 1_000; n += 1) {
      await output.write('out', Buffer.from(`line ${String(n).padStart(4, '0')}\n`));
    }
    await output.end();
    const [head = '', note = '', tail = ''] = (await kept()).split(/(\n\[patchbay: .*\]\n)/);
    expect(head.split('\n').slice(0, -1)).to.have.length(222); // 18 bytes each, with those of the frame
    expect(head).to.match(/^line 0000\n/);
    expect(tail).to.match(/^line \d{4}\n(line \d{4}\n)*line 0999\n$/);
    expect(tail.split('\n').length - 1).to.equal(55);
    expect(note).to.match(
      /about \d+ bytes of output were left out here; the first 4000 bytes and the last 1000 bytes/,
    );
  });

  it('leave out nothing of what just fits', async () => {
    const output = await spools.begin(attempt);
    for (let n = 0; n < 270; n += 1) {
      await output.write('out', Buffer.from(`line ${String(n).padStart(4, '0')}\n`));
    }
    await output.end();
    expect((await kept()).split('\n')).to.have.length(271);
  });

  it('go on after lost connections where jobs has got to', async () => {
    let failures = 0;
    upload = async (of, from, frames) => {
      async function* cut(): AsyncGenerator<Uint8Array, void> {
        for await (const frame of frames) {
          yield frame.subarray(0, frame.length - 3);
          if ((failures += 1) <= 5) {
            throw new RpcError('UNAVAILABLE', 'CONNECTION_LOST', 'the connection was lost');
          }
          yield frame.subarray(frame.length - 3);
        }
      }
      return store.append(of, from, cut());
    };
    const output = await spools.begin(attempt);
    for (let n = 0; n < 20; n += 1) {
      await output.write('out', Buffer.from(`line ${String(n)}\n`));
    }
    const ended = output.end();
    await eventually(async () => {
      await clock.advance(10_000);
      return (await readdir(scratch.file('spool'))).length === 0;
    });
    await ended;
    expect(await kept()).to.equal(Array.from({ length: 20 }, (_, n) => `line ${String(n)}\n`).join(''));
    expect(failures).to.be.greaterThan(5);
  });

  it('send again what jobs lost', async () => {
    const output = await spools.begin(attempt);
    await output.write('out', Buffer.from('before '));
    await eventually(async () => (await kept()) === 'before ');
    store = new OutputStore({ directory: scratch.file('other'), clock });
    let calls = 0;
    upload = (of, from, frames) => {
      calls += 1;
      return store.append(of, calls === 1 ? 99 : from, frames);
    };
    await output.write('out', Buffer.from('after'));
    await spools[Symbol.asyncDispose]();
    spools = await opened();
    await eventually(async () => {
      await clock.advance(10_000);
      return (await kept()) === 'before after';
    });
  });

  it('are handed over by the next agent if one is killed, as far as they came', async () => {
    upload = () => Promise.reject(new RpcError('UNAVAILABLE', 'CONNECTION_LOST', 'jobs is away'));
    const output = await spools.begin(attempt);
    for (let n = 0; n < 500; n += 1) {
      await output.write('out', Buffer.from(`line ${String(n).padStart(4, '0')}\n`));
    }
    upload = (of, from, frames) => store.append(of, from, frames);
    const next = await opened(); // the first one's process is no more
    await eventually(async () => (await kept().catch(() => '')).includes('line 0499'));
    await next[Symbol.asyncDispose]();
    expect(await kept()).to.match(/^line 0000\n[^]*left out here[^]*line 0499\n$/);
  });

  it('end within 5 s while jobs is away, and are handed over when it is back', async () => {
    upload = () => Promise.reject(new RpcError('UNAVAILABLE', 'CONNECTION_LOST', 'jobs is away'));
    const output = await spools.begin(attempt);
    await output.write('out', Buffer.from('late'));
    let isEnded = false;
    void output.end().then(() => {
      isEnded = true;
    });
    await eventually(async () => {
      await clock.advance(1_000);
      return isEnded;
    });
    upload = (of, from, frames) => store.append(of, from, frames);
    await eventually(async () => {
      await clock.advance(20_000);
      return (await readdir(scratch.file('spool'))).length === 0;
    });
    expect(await kept()).to.equal('late');
  });

  it('are thrown away if the attempt is not this host’s any more', async () => {
    upload = () => Promise.reject(new RpcError('ABORTED', 'ATTEMPT_STALE', 'not yours'));
    const output = await spools.begin(attempt);
    await output.write('out', Buffer.from('x'));
    await output.end();
    expect(await readdir(scratch.file('spool'))).to.deep.equal([]);
    expect(log.lines.map(({ message }) => message)).to.include('jobs does not take what a job wrote');
  });
});
