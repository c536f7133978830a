import { expect } from 'chai';

import { typedUnseen } from '../src/ask-secret.js';

/** A terminal at which somebody types; it notes the modes that it was in. */
function terminal(...typed: string[]) {
  const modes: boolean[] = [];
  return {
    modes,
    setRawMode: (raw: boolean): void => {
      modes.push(raw);
    },
    async *[Symbol.asyncIterator](): AsyncGenerator<string> {
      yield* typed;
    },
  };
}

async function asked(typed: ReturnType<typeof terminal>, name: string | undefined) {
  const written: string[] = [];
  const errors = { write: (text: string) => written.push(text) };
  const chunks: unknown[] = [];
  let failure: unknown;
  try {
    for await (const chunk of typedUnseen(typed, { secretName: () => Promise.resolve(name), errors })) {
      chunks.push(chunk);
    }
  } catch (error) {
    failure = error;
  }
  return { chunks, prompt: written.join(''), failure };
}

describe('typedUnseen', () => {
  it('takes a line without showing it', async () => {
    const keys = terminal('hun', 'ter3\u007f', '2\r', 'more');
    const { chunks, prompt } = await asked(keys, 'password');
    expect(chunks).to.deep.equal(['hunter2']);
    expect(prompt).to.equal('password (not shown): \n');
    expect(keys.modes).to.deep.equal([true, false]);
  });

  it('shows again what is typed after Ctrl-C', async () => {
    const keys = terminal('hun', '\u0003');
    const { failure } = await asked(keys, 'password');
    expect(failure).to.include({ reason: 'CALL_CANCELLED' });
    expect(keys.modes).to.deep.equal([true, false]);
  });

  it('passes on what is typed for a method without secrets', async () => {
    const keys = terminal('a\n', 'b\n');
    const { chunks, prompt } = await asked(keys, undefined);
    expect({ chunks, prompt, modes: keys.modes }).to.deep.equal({
      chunks: ['a\n', 'b\n'],
      prompt: '',
      modes: [],
    });
  });
});
