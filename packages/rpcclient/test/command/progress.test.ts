import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { isProgressItem, ProgressView } from '../../src/command/progress.js';

const mib = 1024 ** 2;

class Sink {
  readonly columns: number;
  text = '';

  constructor(columns = 100) {
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }

  /** What the line of the bar shows now. */
  get line(): string {
    return this.text.split('\r\u001b[K').at(-1) ?? '';
  }
}

describe('isProgressItem', () => {
  const rows: [item: unknown, is: boolean][] = [
    [{ doneBytes: 1, totalBytes: 2, phase: 'x' }, true],
    [{ doneBytes: 1 }, true],
    [{ doneBytes: 1, totalBytes: null }, true],
    [{ doneBytes: '1' }, false],
    [{ name: 'node7' }, false],
    ['text', false],
    [null, false],
  ];
  for (const [item, is] of rows) {
    it(`says ${is ? 'yes' : 'no'} to ${JSON.stringify(item)}`, () => {
      expect(isProgressItem(item)).to.equal(is);
    });
  }
});

describe('ProgressView', () => {
  it('draws a bar with the amount done, the rate and the time left', async () => {
    const clock = new FakeClock();
    const bar = new Sink();
    const view = new ProgressView({ bar, lines: undefined, clock });
    view.show({ phase: 'converting', doneBytes: 0, totalBytes: 100 * mib });
    await clock.advance(1000);
    view.show({ phase: 'converting', doneBytes: 25 * mib, totalBytes: 100 * mib });
    expect(bar.line).to.equal(
      'converting  [######------------------]  25%  25.0 MiB of 100.0 MiB  25.0 MiB/s  3s left',
    );
  });

  it('measures the rate over the last seconds, not since the start', async () => {
    const clock = new FakeClock();
    const bar = new Sink();
    const view = new ProgressView({ bar, lines: undefined, clock });
    view.show({ doneBytes: 0 });
    await clock.advance(60_000);
    view.show({ doneBytes: mib });
    await clock.advance(5000);
    view.show({ doneBytes: 51 * mib });
    expect(bar.line).to.equal('51.0 MiB  10.0 MiB/s');
  });

  it('draws at most ten times a second, except for every new phase and the end', async () => {
    const clock = new FakeClock();
    const bar = new Sink();
    const view = new ProgressView({ bar, lines: undefined, clock });
    view.show({ phase: 'a', doneBytes: 0, totalBytes: 4 });
    view.show({ phase: 'a', doneBytes: 1, totalBytes: 4 });
    expect(bar.line).to.contain('  0%');
    await clock.advance(100);
    view.show({ phase: 'a', doneBytes: 2, totalBytes: 4 });
    expect(bar.line).to.contain(' 50%');
    view.show({ phase: 'b', doneBytes: 3, totalBytes: 4 });
    expect(bar.line).to.contain('b  [').and.to.contain(' 75%');
    view.show({ phase: 'b', doneBytes: 4, totalBytes: 4 });
    expect(bar.line).to.contain('100%');
  });

  it('stays within the columns of the terminal', () => {
    const bar = new Sink(45);
    const view = new ProgressView({ bar, lines: undefined, clock: new FakeClock() });
    view.show({ phase: 'downloading', doneBytes: mib, totalBytes: 2 * mib });
    expect(bar.line).to.equal('downloading  [############------------]  50%');
  });

  it('shrinks the bar where 80 columns would not hold the time left', async () => {
    const clock = new FakeClock();
    const bar = new Sink(80);
    const view = new ProgressView({ bar, lines: undefined, clock });
    view.show({ phase: 'download', doneBytes: 100 * mib, totalBytes: 900 * mib });
    await clock.advance(5000);
    view.show({ phase: 'download', doneBytes: 200.5 * mib, totalBytes: 900 * mib });
    expect(bar.line).to.equal(
      'download  [###-------------]  22%  200.5 MiB of 900.0 MiB  20.1 MiB/s  35s left',
    );
    expect(bar.line.length).to.be.below(80);
  });

  it('uses 80 columns where the terminal does not know its width', () => {
    const bar = new Sink(0);
    const view = new ProgressView({ bar, lines: undefined, clock: new FakeClock() });
    view.show({ phase: 'converting', doneBytes: 1, totalBytes: 2 });
    expect(bar.line).to.match(/^converting {2}\[#{12}-{12}\] {2}50%/);
  });

  it('treats zero of zero as done', () => {
    const bar = new Sink();
    new ProgressView({ bar, lines: undefined, clock: new FakeClock() }).show({ doneBytes: 0, totalBytes: 0 });
    expect(bar.line).to.contain('100%');
  });

  it('clears the bar at the end', () => {
    const bar = new Sink();
    const view = new ProgressView({ bar, lines: undefined, clock: new FakeClock() });
    view.show({ doneBytes: 1 });
    view.end();
    expect(bar.line).to.equal('');
  });

  it('writes nothing at the end if no bar was drawn', () => {
    const bar = new Sink();
    new ProgressView({ bar, lines: undefined, clock: new FakeClock() }).end();
    expect(bar.text).to.equal('');
  });

  it('draws no bar without a terminal', () => {
    const lines = new Sink();
    const view = new ProgressView({ bar: undefined, lines, clock: new FakeClock() });
    view.show({ doneBytes: 1, totalBytes: 2 });
    view.end();
    expect(lines.text).to.equal('');
  });

  it('writes other items as lines, above the bar', () => {
    const sink = new Sink();
    const view = new ProgressView({ bar: sink, lines: sink, clock: new FakeClock() });
    view.show({ phase: 'a', doneBytes: 1 });
    view.show('a line\u001b[2J');
    expect(sink.text).to.equal('\r\u001b[Ka  1 B\r\u001b[Ka line\\u001b[2J\na  1 B');
  });

  it("escapes control characters in a server's text", () => {
    const bar = new Sink();
    new ProgressView({ bar, lines: undefined, clock: new FakeClock() }).show({
      phase: '\u001b[2J',
      doneBytes: 1,
    });
    expect(bar.line).to.equal('\\u001b[2J  1 B');
  });
});
