import { expect } from 'chai';

import { coreError } from '@patchbay/objects';
import { eventually, FakeClock } from '@patchbay/objects/testing';
import type { Format } from '@patchbay/terminal';

import type { Output } from '../../src/command/context.js';
import { watch } from '../../src/command/watch.js';

/** An output that records what is written. */
class RecordedOutput implements Output {
  text = '';
  readonly isTerminal: boolean;

  constructor(isTerminal: boolean) {
    this.isTerminal = isTerminal;
  }

  write(text: string): void {
    this.text += text;
  }

  ready(): Promise<void> {
    return Promise.resolve();
  }
}

/** Watches a task with these results, one after another, and stops after the last. */
async function watched(
  steps: readonly (string | Error)[],
  format: Format,
  isTerminal = false,
): Promise<{ out: string; errors: string }> {
  const [clock, end] = [new FakeClock(), new AbortController()];
  const [out, errors] = [new RecordedOutput(isTerminal), new RecordedOutput(isTerminal)];
  let done = 0;
  const watching = watch(
    {
      intervalMs: 2_000,
      format,
      once: (to) => {
        const step = steps[done++] ?? '';
        if (step instanceof Error) {
          return Promise.reject(step);
        }
        to.write(step);
        return Promise.resolve();
      },
    },
    { out, errors, clock, signal: end.signal },
  );
  const failed = watching.catch((error: unknown) => error);
  for (let step = 1; step < steps.length; step += 1) {
    await Promise.race([eventually(() => clock.sleepers === 1), failed]);
    await clock.advance(2_000);
  }
  await Promise.race([eventually(() => clock.sleepers === 1), failed]);
  end.abort();
  await watching;
  return { out: out.text, errors: errors.text };
}

const unavailable = coreError('CONNECTION_LOST', 'nobody is there');

describe('Watching', () => {
  for (const [format, out] of [
    ['table', 'a\n\nb\n'],
    ['yaml', 'a\n---\nb\n'],
    ['json', 'a\nb\n'],
    ['ndjson', 'a\nb\n'],
  ] as const) {
    it(`separates what it prints as ${format}`, async () => {
      expect(await watched(['a\n', 'b\n'], format)).to.deep.equal({ out, errors: '' });
    });
  }

  it('draws tables over one another on a terminal, each with its time', async () => {
    const { out } = await watched(['a\n', 'b\n'], 'table', true);
    const clear = '\u001b[H\u001b[2J';
    expect(out).to.equal(
      `${clear}Every 2s, last at 2026-01-01T00:00:00Z; Ctrl-C ends it.\n\na\n` +
        `${clear}Every 2s, last at 2026-01-01T00:00:02Z; Ctrl-C ends it.\n\nb\n`,
    );
  });

  it('outlives a server that is away for a while', async () => {
    const { out, errors } = await watched(['a\n', unavailable, 'b\n'], 'table');
    expect(out).to.equal('a\n\n\nb\n');
    expect(errors).to.equal('error: UNAVAILABLE CONNECTION_LOST: nobody is there\n');
  });

  it('reports that as JSON where it prints JSON', async () => {
    const { out, errors } = await watched(['a\n', unavailable, 'b\n'], 'ndjson');
    expect(out).to.equal('a\nb\n');
    expect(JSON.parse(errors)).to.include({ code: 'UNAVAILABLE', reason: 'CONNECTION_LOST' });
  });

  it('ends when the first call fails, and later by an error that will not pass', async () => {
    const first = await watched([unavailable], 'table').catch((error: unknown) => error);
    expect(first).to.equal(unavailable);
    const wrong = coreError('METHOD_NOT_FOUND', 'there is no such method');
    const later = await watched(['a\n', wrong], 'table').catch((error: unknown) => error);
    expect(later).to.equal(wrong);
  });
});
