import { expect } from 'chai';
import { z } from 'zod';

import { localCaller } from '../../src/identity/caller.js';
import { defineObject, method } from '../../src/object/define.js';
import { Dispatcher } from '../../src/object/dispatcher.js';
import type { ObjectDefinition } from '../../src/object/definition.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { RecordingLog } from '../../src/testing/recording-log.js';

function named(name: string): ObjectDefinition {
  const say = method({ summary: 'Say the name', returns: z.string(), run: () => name });
  return defineObject({ summary: name, methods: { say } });
}

/** Calls `say` of an object; returns the answer, and the name that was authorized. */
async function say(
  hosted: readonly string[],
  object: string,
): Promise<{ answer: unknown; asked: string | undefined }> {
  let asked: string | undefined;
  const dispatcher = new Dispatcher({
    clock: new FakeClock(),
    log: new RecordingLog(),
    authorize: (request) => {
      asked = request.object;
    },
  });
  hosted.forEach((name) => {
    dispatcher.host(name, named(name));
  });
  const answer = await new Promise((resolve) => {
    const invocation = {
      object,
      method: 'say',
      input: { values: [] },
      caller: localCaller('p'),
      callId: 'c',
      timeoutMs: undefined,
    };
    dispatcher.begin(invocation, {
      item: () => undefined,
      result: resolve,
      failure: ({ reason }) => {
        resolve(reason);
      },
    });
  });
  return { answer, asked };
}

describe('The objects of a server', () => {
  for (const [object, answer] of [
    ['a/v2', 'a/v2'],
    ['a', 'a/v10'],
    ['b', 'b'],
    ['a/v3', 'OBJECT_NOT_FOUND'],
    ['c', 'OBJECT_NOT_FOUND'],
  ] as const) {
    it(`answer to ${object} with ${answer}`, async () => {
      expect((await say(['a/v2', 'a/v10', 'b/v1', 'b'], object)).answer).to.equal(answer);
    });
  }

  it('are authorized by the name that they are hosted by, whichever they are called by', async () => {
    expect((await say(['a/v2'], 'a')).asked).to.equal('a/v2');
  });
});
