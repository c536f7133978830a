import { appendFile, readdir, stat, truncate, utimes, writeFile } from 'node:fs/promises';

import { expect } from 'chai';
import fc from 'fast-check';

import { FakeClock, refusal, Scratch } from '@patchbay/objects/testing';

import { encodeFrames, framesIn, type OutputStream } from '../../src/output/frames.js';
import { OutputStore, type OutputReadOptions } from '../../src/output/output-store.js';
import type { Chunk } from '../../src/output/read-frames.js';

const attempt = { id: 'job-1', attempt: 1 };

function text(of: string, stream: OutputStream = 'out', atMs = 0): Buffer {
  return encodeFrames(stream, atMs, Buffer.from(of));
}

async function* pieces(...all: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  for (const each of all) {
    yield await Promise.resolve(each);
  }
}

describe('OutputStore', () => {
  let scratch: Scratch;
  let store: OutputStore;
  const clock = new FakeClock();

  const opened = (options: { maxBytes?: number; keptMs?: number; keptBytes?: number } = {}): OutputStore =>
    new OutputStore({ directory: scratch.file('output'), clock, ...options });

  async function readAll(options: OutputReadOptions = {}, of = attempt): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    for await (const chunk of store.read(of, options)) {
      chunks.push(chunk);
    }
    return chunks;
  }

  async function readText(options: OutputReadOptions = {}): Promise<string> {
    return Buffer.concat((await readAll(options)).map(({ bytes }) => bytes)).toString();
  }

  beforeEach(async () => {
    scratch = await Scratch.make();
    store = opened();
  });
  afterEach(() => scratch.close());

  it('returns what was appended, with streams and times, and where to go on', async () => {
    const all = [text('one\n', 'out', 1), text('two\n', 'err', 5), text('three\n', 'out', 9)];
    const size = Buffer.concat(all).length;
    expect(await store.append(attempt, 0, pieces(...all))).to.equal(size);
    const chunks = (await readAll()).map(({ bytes, ...rest }) => ({ ...rest, text: String(bytes) }));
    expect(chunks).to.deep.equal([
      { stream: 'out', atMs: 1, text: 'one\n', next: 12 },
      { stream: 'err', atMs: 5, text: 'two\n', next: 24 },
      { stream: 'out', atMs: 9, text: 'three\n', next: size },
    ]);
    expect(await readText({ stream: 'err' })).to.equal('two\n');
  });

  it('goes on at any offset: at a frame, or at the byte within one', async () => {
    const frames = Buffer.concat([text('first'), text('second', 'err'), text('third')]);
    await store.append(attempt, 0, pieces(frames));
    const [, second] = [...framesIn(frames)];
    expect(await readText({ from: second?.start ?? 0 })).to.equal('secondthird');
    expect(await readText({ from: (second?.start ?? 0) + 8 + 3 })).to.equal('ondthird');
    expect(await readText({ from: frames.length })).to.equal('');
    expect(await readText({ from: frames.length + 5 })).to.equal('');
  });

  it('is the same whatever is sent again, in whatever pieces', async () => {
    const frames = Buffer.concat(Array.from({ length: 30 }, (_, n) => text(`line ${String(n)}\n`, 'out', n)));
    const starts = [...framesIn(frames)].map(({ start }) => start);
    const uploads = fc.array(fc.tuple(fc.constantFrom(...starts), fc.nat(frames.length)), { maxLength: 6 });
    let nth = 0;
    await fc.assert(
      fc.asyncProperty(uploads, fc.integer({ min: 1, max: 50 }), async (all, size) => {
        const of = { id: `again-${String((nth += 1))}`, attempt: 1 };
        let next = 0;
        for (const [start, end] of [...all, [0, frames.length] as const]) {
          const part = frames.subarray(start, Math.max(start, end));
          const cut = Array.from({ length: Math.ceil(part.length / size) }, (_, index) =>
            part.subarray(index * size, (index + 1) * size),
          );
          next = await store
            .append(of, start, pieces(...cut))
            .catch(
              async (error: unknown) =>
                (await refusal(Promise.reject(error as Error), 'OUTPUT_GAP')).details.next as number,
            );
        }
        expect(next).to.equal(frames.length);
        const read = await readAll({}, of);
        expect(read).to.have.length(30);
      }),
      { numRuns: 15 },
    );
  });

  it('refuses a gap, with the offset that it has, and tells it to whoever sends nothing', async () => {
    const first = text('first');
    await store.append(attempt, 0, pieces(first));
    const refused = await refusal(store.append(attempt, 99, pieces(text('later'))), 'OUTPUT_GAP');
    expect(refused.details).to.deep.equal({ next: first.length });
    expect(await store.append(attempt, 0, pieces())).to.equal(first.length);
  });

  it('keeps whole frames alone, and what came before something else', async () => {
    const [first, second] = [text('first'), text('second')];
    const cut = second.subarray(0, 9);
    expect(await store.append(attempt, 0, pieces(first, cut))).to.equal(first.length);
    const refused = await refusal(
      store.append(attempt, first.length, pieces(second, Buffer.from('not a frame'))),
      'OUTPUT_INVALID',
    );
    expect(refused.details).to.deep.equal({ next: first.length + second.length });
    expect(await readText()).to.equal('firstsecond');
    const others = [text('fir'), text('st, and others')];
    await refusal(store.append(attempt, 0, pieces(Buffer.concat(others))), 'OUTPUT_INVALID');
    expect(await readText()).to.equal('firstsecond');
  });

  it('takes the same upload twice at once', async () => {
    const frames = Array.from({ length: 200 }, (_, n) => text(`line ${String(n)}\n`, 'out', n));
    const ends = await Promise.all([1, 2].map(() => store.append(attempt, 0, pieces(...frames))));
    expect(ends).to.deep.equal([1, 2].map(() => Buffer.concat(frames).length));
    expect(await readAll()).to.have.length(200);
  });

  it('refuses more than one attempt may write, whatever is in it', async () => {
    store = opened({ maxBytes: 100 });
    await refusal(store.append(attempt, 0, pieces(text('x'.repeat(92)), text('y'))), 'OUTPUT_TOO_LARGE');
    expect(await readText()).to.equal('x'.repeat(92));
  });

  it('makes no path of what is no id', async () => {
    for (const id of ['../../etc/passwd', 'a/b', '', '.', '..', 'a\0b', 'a\n', 'é', 'x'.repeat(129)]) {
      await refusal(store.append({ id, attempt: 1 }, 0, pieces(text('x'))), 'JOB_NOT_FOUND');
      await refusal(store.read({ id, attempt: 1 }).next(), 'JOB_NOT_FOUND');
    }
    for (const number of [0, -1, 1.5, Number.NaN, 1e300]) {
      await refusal(store.append({ id: 'job', attempt: number }, 0, pieces(text('x'))), 'JOB_NOT_FOUND');
    }
    expect(await readdir(scratch.file('output'))).to.deep.equal([]);
  });

  it('tells attempts and jobs of similar names apart', async () => {
    const all = [
      { id: 'a', attempt: 11 },
      { id: 'a.1', attempt: 1 },
      { id: 'a.1.1', attempt: 1 },
      { id: 'a', attempt: 1 },
    ];
    for (const each of all) {
      await store.append(each, 0, pieces(text(JSON.stringify(each))));
    }
    for (const each of all) {
      expect(String((await readAll({}, each))[0]?.bytes)).to.equal(JSON.stringify(each));
    }
  });

  it('says that output is gone rather than that there is none', async () => {
    const refused = await refusal(readAll(), 'OUTPUT_GONE');
    expect(refused.code).to.equal('DATA_LOSS');
    await store.append(attempt, 0, pieces());
    expect(await readAll()).to.deep.equal([]);
  });

  it('removes what a crash cut off, and goes on behind it', async () => {
    const frames = Array.from({ length: 40 }, (_, n) => text('z'.repeat(60_000), 'out', n));
    const all = Buffer.concat(frames);
    await store.append(attempt, 0, pieces(...frames));
    const path = scratch.file('output', 'job-1.1.output');
    for (const spoil of [
      () => truncate(path, all.length - 5),
      () => appendFile(path, all.subarray(0, 100)),
      () => appendFile(path, Buffer.alloc(5_000)),
      () => writeFile(`${path}.marks`, 'these are no marks'),
      () => truncate(`${path}.marks`, 3),
      () => truncate(`${path}.marks`, 0),
    ]) {
      await spoil();
      store = opened();
      const next = await store.append(attempt, 0, pieces());
      expect(next % (frames[0]?.length ?? 0)).to.equal(0);
      expect(await store.append(attempt, next, pieces(all.subarray(next)))).to.equal(all.length);
      expect((await stat(path)).size).to.equal(all.length);
      expect(await readAll({ from: 2_000_000 })).to.have.length(7);
    }
  });

  it('says that output is gone where its file has something else', async () => {
    await store.append(attempt, 0, pieces(text('x')));
    await appendFile(scratch.file('output', 'job-1.1.output'), 'garbage');
    await refusal(readAll(), 'OUTPUT_GONE');
  });

  it('begins near an offset deep inside, by the marks', async () => {
    const frames = Array.from({ length: 100 }, (_, n) => text(String(n).padEnd(50_000), 'out', n));
    await store.append(attempt, 0, pieces(...frames));
    const { size } = await stat(scratch.file('output', 'job-1.1.output.marks'));
    expect(size).to.equal(8 * 4);
    for (const n of [0, 20, 21, 63, 64, 99]) {
      const from = n * 50_008;
      const reader = store.read(attempt, { from });
      const first = (await reader.next()).value as Chunk;
      await reader.return(0);
      expect(String(first.bytes).trim(), `frame ${String(n)}`).to.equal(String(n));
    }
  });

  describe('lets readers follow', () => {
    it('from before there is a file until the end', async () => {
      const ended = new AbortController();
      const read = readText({ until: ended.signal });
      await store.append(attempt, 0, pieces(text('one ')));
      await store.append(attempt, 12, pieces(text('two ')));
      ended.abort();
      expect(await read).to.equal('one two ');
    });

    it('at their own pace', async () => {
      const ended = new AbortController();
      const slow = store.read(attempt, { until: ended.signal });
      const frames = Array.from({ length: 300 }, (_, n) => text('x'.repeat(10_000), 'out', n));
      const first = slow.next();
      await store.append(attempt, 0, pieces(...frames));
      await first;
      expect(await readAll()).to.have.length(300);
      ended.abort();
      let count = 1;
      for await (const { bytes } of slow) {
        count += bytes.length > 0 ? 1 : 0;
      }
      expect(count).to.equal(300);
    });

    it('until they leave', async () => {
      const leaving = new AbortController();
      const read = readAll({ until: new AbortController().signal, signal: leaving.signal });
      leaving.abort(new Error('left'));
      expect(await read.catch((error: unknown) => (error as Error).message)).to.equal('left');
    });

    it('and says that there is none if the end comes first', async () => {
      const ended = new AbortController();
      const read = readAll({ until: ended.signal });
      ended.abort();
      await refusal(read, 'OUTPUT_GONE');
    });
  });

  describe('finds text', () => {
    it('in lines that came in any pieces, of each stream apart', async () => {
      const frames = [
        text('a needle\nha', 'out', 1),
        text('need', 'err', 2),
        text('ystack\nne', 'out', 3),
        text('le in err\n', 'err', 4),
        text('edle again\nlast needle', 'out', 5),
      ];
      await store.append(attempt, 0, pieces(...frames));
      const found = await readAll({ find: 'needle' });
      expect(found.map(({ stream, atMs, bytes }) => [stream, atMs, String(bytes)])).to.deep.equal([
        ['out', 1, 'a needle\n'],
        ['err', 4, 'needle in err\n'],
        ['out', 5, 'needle again\n'],
        ['out', 5, 'last needle'],
      ]);
      expect(await readText({ find: 'needle', from: found[2]?.next ?? 0 })).to.equal('last needle');
      expect(await readText({ find: 'needle', stream: 'err' })).to.equal('needle in err\n');
    });

    it('across the pieces of an endless line', async () => {
      const line = 'x'.repeat(100_000);
      const all = `${line}needle${line}nee`;
      for (const [size, id] of [
        [1_000, 'small'],
        [65_534, 'large'],
        [100_003, 'within'],
      ] as const) {
        const frames = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
          text(all.slice(n * size, (n + 1) * size), 'out', n),
        );
        const of = { id, attempt: 1 };
        await store.append(of, 0, pieces(...frames));
        expect(await readAll({ find: 'needle' }, of), id).to.have.length(1);
      }
    });
  });

  describe('removes', () => {
    const write = async (id: string, bytes: number, agoMs: number): Promise<void> => {
      await store.append({ id, attempt: 1 }, 0, pieces(text('x'.repeat(bytes - 8))));
      const at = new Date(clock.now() - agoMs);
      await utimes(scratch.file('output', `${id}.1.output`), at, at);
    };

    it('what was kept for long enough', async () => {
      await write('old', 100, 15 * 86_400_000);
      await write('new', 100, 13 * 86_400_000);
      expect(await store.sweep()).to.deep.equal({ count: 1, bytes: 100 });
      expect((await readdir(scratch.file('output'))).sort()).to.deep.equal([
        'new.1.output',
        'new.1.output.marks',
      ]);
      await refusal(readAll({}, { id: 'old', attempt: 1 }), 'OUTPUT_GONE');
    });

    it('the oldest of what is too much', async () => {
      store = opened({ keptBytes: 250 });
      await write('middle', 100, 2_000);
      await write('oldest', 100, 3_000);
      await write('newest', 100, 1_000);
      expect(await store.sweep()).to.deep.equal({ count: 1, bytes: 100 });
      await refusal(readAll({}, { id: 'oldest', attempt: 1 }), 'OUTPUT_GONE');
    });

    it('nothing that is being written', async () => {
      store = opened({ keptBytes: 0 });
      let sweptMeanwhile: unknown;
      async function* slowly(): AsyncGenerator<Buffer, void> {
        yield text('first');
        sweptMeanwhile = await store.sweep();
        yield text('second');
      }
      await store.append(attempt, 0, slowly());
      expect(sweptMeanwhile).to.deep.equal({ count: 0, bytes: 0 });
      expect(await readText()).to.equal('firstsecond');
    });
  });
});
