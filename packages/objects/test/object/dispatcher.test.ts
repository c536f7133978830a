import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import type { Authorize } from '../../src/object/context.js';
import type { CallContext } from '../../src/object/context.js';
import type { CallSink, Invocation, RunningCall } from '../../src/object/running-call.js';
import { coreError } from '../../src/errors/core-errors.js';
import { localCaller } from '../../src/identity/caller.js';
import { defineObject, method } from '../../src/object/define.js';
import { Dispatcher } from '../../src/object/dispatcher.js';
import type { RpcError } from '../../src/errors/rpc-error.js';
import { FakeClock } from '../../src/testing/fake-clock.js';
import { RecordingLog } from '../../src/testing/recording-log.js';

const secret = 'postgres://root:secret@db';

describe('the dispatcher', () => {
  let clock: FakeClock;
  let log: RecordingLog;
  /** What the methods recorded. */
  let notes: string[];
  let contexts: CallContext[];
  /** Resumes the waiting methods. */
  let release: (value: string) => void;
  let released: Promise<string>;

  beforeEach(() => {
    clock = new FakeClock();
    log = new RecordingLog();
    notes = [];
    contexts = [];
    released = new Promise((resolve) => {
      release = resolve;
    });
  });

  function makeDispatcher(authorize?: Authorize): Dispatcher {
    const dispatcher = new Dispatcher({ clock, log, ...(authorize === undefined ? {} : { authorize }) });
    const text = [arg('text', z.string(), 'a text')] as const;
    dispatcher.host(
      'sample',
      defineObject({
        summary: 'A sample',
        methods: {
          echo: method({ summary: 'Echo', args: text, returns: z.string(), run: (given) => given }),
          later: method({
            summary: 'Wait',
            returns: z.string(),
            run: (context) => {
              notes.push('later began');
              contexts.push(context);
              return released;
            },
          }),
          leaky: method({
            summary: 'Return too much',
            returns: z.object({ name: z.string() }),
            run: () => ({ name: 'n', password: secret }),
          }),
          wrong: method({ summary: 'Return wrong', returns: z.string(), run: () => 7 as unknown as string }),
          crash: method({
            summary: 'Crash',
            returns: z.null(),
            run: () => {
              throw new Error(`cannot reach ${secret}`, { cause: new Error('ECONNREFUSED') });
            },
          }),
          crashLater: method({
            summary: 'Crash later',
            returns: z.null(),
            run: () => Promise.reject(new Error(secret)),
          }),
          drop: method({
            summary: 'Drop it, for a reason, as a job by default',
            destructive: true,
            requiresReason: true,
            job: true,
            returns: z.string(),
            run: () => 'dropped',
          }),
          refuse: method({
            summary: 'Refuse',
            returns: z.null(),
            run: () => {
              throw coreError('NAME_INVALID', 'no such name', { details: { name: 'x' } });
            },
          }),
          count: method({
            summary: 'Count',
            args: [arg('to', z.int(), 'the last')],
            yields: z.object({ n: z.int() }),
            returns: z.string(),
            run: async function* (to, context) {
              contexts.push(context);
              try {
                for (let n = 1; n <= to; n++) {
                  notes.push(`yields ${String(n)}`);
                  yield { n, hidden: secret };
                }
                return await Promise.resolve('counted');
              } finally {
                notes.push('finally');
              }
            },
          }),
          countWrong: method({
            summary: 'Yield wrong',
            yields: z.int(),
            returns: z.null(),
            run: async function* () {
              try {
                yield (await Promise.resolve('one')) as unknown as number;
                return null;
              } finally {
                notes.push('finally');
              }
            },
          }),
        },
      }),
    );
    return dispatcher;
  }

  it('answers with what a method returns at once', () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('echo', ['hello']), sink);
    expect(sink.answers).to.deep.equal([{ result: 'hello' }]);
  });

  it('answers with what a method returns later', async () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('later', []), sink);
    expect(sink.answers).to.deep.equal([]);
    release('late');
    await settled();
    expect(sink.answers).to.deep.equal([{ result: 'late' }]);
  });

  it('reads argv by the schema', () => {
    const sink = new RecordingSink();
    makeDispatcher().begin({ ...invocation('echo', []), input: { argv: ['hello'] } }, sink);
    expect(sink.answers).to.deep.equal([{ result: 'hello' }]);
  });

  it('sends items, then the result, then runs the finally block', async () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('count', [2]), sink);
    await settled();
    expect(sink.answers).to.deep.equal([{ item: { n: 1 } }, { item: { n: 2 } }, { result: 'counted' }]);
    expect(notes).to.deep.equal(['yields 1', 'yields 2', 'finally']);
  });

  it('strips what the schemas do not declare', () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('leaky', []), sink);
    expect(sink.answers).to.deep.equal([{ result: { name: 'n' } }]);
  });

  const refusals: readonly (readonly [string, Partial<Invocation>, string, RegExp])[] = [
    [
      'an unknown object',
      { object: 'sampel' },
      'OBJECT_NOT_FOUND',
      /no object "sampel"; did you mean "sample"\?/,
    ],
    ['an unknown method', { method: 'ehco' }, 'METHOD_NOT_FOUND', /no method "ehco"; did you mean "echo"\?/],
    ['a method of every object', { method: 'toString' }, 'METHOD_NOT_FOUND', /no method "toString"/],
    ['a missing argument', { input: { values: [] } }, 'ARGUMENT_MISSING', /"text" is missing/],
    ['a surplus argument', { input: { values: ['a', 'b'] } }, 'ARGUMENT_SURPLUS', /takes one argument/],
    ['an argument of another type', { input: { values: [7] } }, 'ARGUMENT_INVALID', /"text"/],
    [
      'a method name full of control characters',
      { method: '\u001b[2J' },
      'METHOD_NOT_FOUND',
      /"\\u001b\[2J"/,
    ],
    ['a giant object name', { object: 'x'.repeat(1e6) }, 'OBJECT_NOT_FOUND', /^.{1,200}$/],
  ];
  for (const [what, wrong, reason, message] of refusals) {
    it(`refuses ${what}`, () => {
      const sink = new RecordingSink();
      const dispatcher = makeDispatcher();
      dispatcher.begin({ ...invocation('echo', ['a']), ...wrong }, sink);
      expect(sink.failed?.reason).to.equal(reason);
      expect(sink.failed?.message).to.match(message);
      expect(dispatcher.running).to.equal(0);
    });
  }

  const asked: readonly (readonly [what: string, metadata: Record<string, string>, answer: string])[] = [
    ['without a reason where one is wanted', {}, 'REASON_REQUIRED'],
    ['with an empty reason', { reason: ' ' }, 'REASON_REQUIRED'],
    [
      'whose caller asked to be asked first',
      { reason: 'r', confirm: 'ask', job: 'ask' },
      'CONFIRMATION_REQUIRED',
    ],
    ['whose caller asked whether it is to be a job', { reason: 'r', job: 'ask' }, 'JOB_EXPECTED'],
    ['with a reason, and nothing to ask', { reason: 'r' }, 'dropped'],
  ];
  for (const [what, metadata, answer] of asked) {
    it(`answers a call ${what} with ${answer}`, () => {
      const sink = new RecordingSink();
      makeDispatcher().begin({ ...invocation('drop', []), metadata }, sink);
      expect(sink.failed?.reason ?? sink.answers).to.deep.equal(
        answer === 'dropped' ? [{ result: answer }] : answer,
      );
    });
  }

  it('authorizes the caller, with its object and method', () => {
    const asked: unknown[] = [];
    const sink = new RecordingSink();
    makeDispatcher((request) => {
      asked.push(request);
    }).begin(invocation('echo', ['a']), sink);
    const called = { action: 'call', object: 'sample', method: 'echo', access: 'operate' };
    expect(asked).to.deep.equal([{ caller: localCaller('test'), ...called }]);
    expect(sink.answers).to.deep.equal([{ result: 'a' }]);
  });

  const refuse = (): never => {
    throw coreError('CALLER_REFUSED', 'not you');
  };
  const doors: readonly (readonly [string, Authorize])[] = [
    ['at once', refuse],
    ['later', () => Promise.resolve().then(refuse)],
  ];
  for (const [when, authorize] of doors) {
    it(`does not run a method whose caller is refused ${when}`, async () => {
      const sink = new RecordingSink();
      const dispatcher = makeDispatcher(authorize);
      dispatcher.begin(invocation('later', []), sink);
      await settled();
      expect(sink.failed?.reason).to.equal('CALLER_REFUSED');
      expect(notes).to.deep.equal([]);
      expect(dispatcher.running).to.equal(0);
    });
  }

  it('lets a caller in whose permission comes later', async () => {
    const sink = new RecordingSink();
    makeDispatcher(() => Promise.resolve()).begin(invocation('echo', ['a']), sink);
    await settled();
    expect(sink.answers).to.deep.equal([{ result: 'a' }]);
  });

  it('does not run a method whose caller left while the permission was looked up', async () => {
    const sink = new RecordingSink();
    const dispatcher = makeDispatcher(() => released.then(() => undefined));
    const call = dispatcher.begin(invocation('later', []), sink);
    call.cancel(coreError('CALL_CANCELLED', 'left'));
    release('may');
    await settled();
    expect(notes).to.deep.equal([]);
    expect(dispatcher.running).to.equal(0);
  });

  it('refuses an invalid result, and reports what was wrong with it only in the log', () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('wrong', []), sink);
    expect(sink.failed?.reason).to.equal('RESULT_INVALID');
    expect(sink.failed?.message).not.to.match(/number|7/);
    expect(log.lines[0]?.level).to.equal('warn');
    expect(log.lines[0]?.fields.callId).to.equal('call-1');
    expect((log.lines[0]?.fields.error as RpcError).cause).to.be.instanceOf(z.core.$ZodError);
  });

  it('refuses a wrong item and runs the finally of its method', async () => {
    const sink = new RecordingSink();
    const dispatcher = makeDispatcher();
    dispatcher.begin(invocation('countWrong', []), sink);
    await settled();
    expect(sink.failed?.reason).to.equal('RESULT_INVALID');
    expect(notes).to.deep.equal(['finally']);
    expect(dispatcher.running).to.equal(0);
  });

  for (const name of ['crash', 'crashLater']) {
    it(`keeps an unexpected error of ${name} to the log, with the call's id and the chain of causes`, async () => {
      const sink = new RecordingSink();
      makeDispatcher().begin(invocation(name, []), sink);
      await settled();
      expect(sink.failed?.code).to.equal('INTERNAL');
      expect(sink.failed?.reason).to.equal('UNEXPECTED');
      expect(sink.failed?.message).to.include('call-1').and.not.include(secret);
      const [line] = log.lines;
      expect(line?.level).to.equal('error');
      expect(line?.fields).to.include({ callId: 'call-1', object: 'sample', method: name });
      expect((line?.fields.error as Error).message).to.include(secret);
    });
  }

  it('passes an RpcError on as it is', () => {
    const sink = new RecordingSink();
    makeDispatcher().begin(invocation('refuse', []), sink);
    expect(sink.failed).to.include({
      code: 'INVALID_ARGUMENT',
      reason: 'NAME_INVALID',
      message: 'no such name',
    });
    expect(sink.failed?.details).to.deep.equal({ name: 'x' });
    expect(log.lines).to.deep.equal([]);
  });

  it('answers a cancelled call at once, aborts its signal, and takes no second answer', async () => {
    const sink = new RecordingSink();
    const dispatcher = makeDispatcher();
    const call = dispatcher.begin(invocation('later', []), sink);
    const { signal } = contexts[0]!;
    call.cancel(coreError('CALL_CANCELLED', 'left'));
    expect(signal.aborted).to.equal(true);
    expect(dispatcher.running).to.equal(1); // the method itself is still running
    release('too late');
    await settled();
    expect(sink.answers).to.have.length(1);
    expect(sink.failed?.reason).to.equal('CALL_CANCELLED');
    expect(dispatcher.running).to.equal(0);
  });

  it('returns an aborted signal to a method that asks for it after the cancel', () => {
    const call = makeDispatcher().begin(invocation('later', []), new RecordingSink());
    call.cancel(coreError('CALL_CANCELLED', 'left'));
    expect(contexts[0]!.signal.aborted).to.equal(true);
    expect((contexts[0]!.signal.reason as RpcError).reason).to.equal('CALL_CANCELLED');
  });

  it('runs the finally of a generator whose caller left between two items', async () => {
    const sink = new RecordingSink();
    const dispatcher = makeDispatcher();
    const calls: RunningCall[] = [];
    sink.onItem = () => {
      calls[0]!.cancel(coreError('CALL_CANCELLED', 'left'));
    };
    calls.push(dispatcher.begin(invocation('count', [100]), sink));
    await settled();
    expect(notes).to.deep.equal(['yields 1', 'finally']);
    expect(dispatcher.running).to.equal(0);
  });

  it('ignores a cancel after the end', () => {
    const sink = new RecordingSink();
    const call = makeDispatcher().begin(invocation('echo', ['a']), sink);
    call.cancel(coreError('CALL_CANCELLED', 'left'));
    expect(sink.answers).to.deep.equal([{ result: 'a' }]);
    expect(call.signal.aborted).to.equal(false);
  });

  it('aborts a call when its deadline passes', async () => {
    const sink = new RecordingSink();
    makeDispatcher().begin({ ...invocation('later', []), timeoutMs: 100 }, sink);
    expect(contexts[0]!.deadlineMs).to.equal(clock.now() + 100);
    await clock.advance(99);
    expect(sink.answers).to.deep.equal([]);
    await clock.advance(1);
    expect(sink.failed?.reason).to.equal('DEADLINE_PASSED');
    expect(contexts[0]!.signal.aborted).to.equal(true);
  });

  it('asks the generator of a slow reader to wait', async () => {
    const sink = new RecordingSink();
    sink.pace = released.then(() => undefined);
    makeDispatcher().begin(invocation('count', [2]), sink);
    await settled();
    expect(notes).to.deep.equal(['yields 1']);
    release('read');
    await settled();
    expect(sink.answers).to.deep.include({ result: 'counted' });
  });

  it('takes the failure for an answer when the result cannot be sent', () => {
    const sink = new RecordingSink();
    sink.result = () => {
      throw coreError('MESSAGE_TOO_LARGE', 'too large');
    };
    const dispatcher = makeDispatcher();
    dispatcher.begin(invocation('echo', ['a']), sink);
    expect(sink.failed?.reason).to.equal('MESSAGE_TOO_LARGE');
    expect(dispatcher.running).to.equal(0);
  });

  it('waits for what runs when it drains, and takes no new calls', async () => {
    const dispatcher = makeDispatcher();
    const running = new RecordingSink();
    dispatcher.begin(invocation('later', []), running);
    let drained = 0;
    const answeredWhenDrained: number[] = [];
    for (let waiter = 0; waiter < 2; waiter++) {
      void dispatcher.drain().then(() => {
        drained++;
        answeredWhenDrained.push(running.answers.length);
      });
    }
    const late = new RecordingSink();
    dispatcher.begin(invocation('echo', ['a']), late);
    expect(late.failed?.reason).to.equal('SERVER_DRAINING');
    await settled();
    expect(drained).to.equal(0);
    release('done');
    await settled();
    expect(drained).to.equal(2);
    expect(answeredWhenDrained).to.deep.equal([1, 1]);
  });

  it('drains at once if nothing runs', async () => {
    await makeDispatcher().drain();
  });

  it('cancels all calls on request', () => {
    const dispatcher = makeDispatcher();
    const sinks = [new RecordingSink(), new RecordingSink()];
    for (const sink of sinks) {
      dispatcher.begin(invocation('later', []), sink);
    }
    dispatcher.cancelAll(coreError('SERVER_DRAINING', 'going'));
    expect(sinks.map(({ failed }) => failed?.reason)).to.deep.equal(['SERVER_DRAINING', 'SERVER_DRAINING']);
  });
});

class RecordingSink implements CallSink {
  readonly answers: unknown[] = [];
  failed: RpcError | undefined;
  pace: Promise<void> | undefined;
  onItem: (() => void) | undefined;

  item(value: unknown): Promise<void> | undefined {
    this.answers.push({ item: value });
    this.onItem?.();
    return this.pace;
  }

  result(value: unknown): void {
    this.answers.push({ result: value });
  }

  failure(error: RpcError): void {
    this.failed = error;
    this.answers.push({ failure: error.reason });
  }
}

function invocation(methodName: string, values: readonly unknown[]): Invocation {
  return {
    object: 'sample',
    method: methodName,
    input: { values },
    caller: localCaller('test'),
    callId: 'call-1',
    timeoutMs: undefined,
  };
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
