import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { scratchDirectory } from '../commands/programs.js';
import { generateModules, requirePython, runPython } from './python.js';
import { setStage, type Stage } from './stage.js';

interface CaughtError {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly details: Record<string, string>;
}

describe('A Python client made from the .proto files', function () {
  this.timeout(120_000);
  const outcomes = new Map<string, unknown>();
  let stage: Stage | undefined;

  before(async function () {
    requirePython(this);
    stage = await setStage();
    await using modules = await scratchDirectory();
    await generateModules(modules.path);
    const lines = await runPython('typed_client.py', [stage.nameServer], [modules.path]);
    for (const line of lines.trimEnd().split('\n')) {
      const { step, outcome } = JSON.parse(line) as { step: string; outcome: unknown };
      outcomes.set(step, outcome);
    }
  });

  after(() => stage?.[Symbol.asyncDispose]());

  const caught = (step: string): CaughtError => outcomes.get(step) as CaughtError;

  it('looks a name up', () => {
    const record = outcomes.get('look_up') as { name: string; endpoints: { address: string }[] };
    expect(record.name).to.equal('workshop');
    expect(record.endpoints.map((endpoint) => endpoint.address)).to.deep.equal([stage?.objects]);
  });

  it('calls a method with JSON arguments and options', () => {
    expect(outcomes.get('call_with_arguments_and_options')).to.deep.equal({
      tool: { name: 'säge', teeth: [1, 2.5], sharp: true, owner: null },
      place: 'shelf 3',
      copies: 2,
    });
  });

  it('reads a stream of items, and the result', () => {
    expect(outcomes.get('read_items_and_result')).to.deep.equal({
      items: [1, 2, 3],
      result: 'counted to 3',
    });
  });

  it('gets an error with its reason and details', () => {
    const { code, reason, message, details } = caught('typed_error');
    expect({ code, reason, message }).to.deep.equal({
      code: 'FAILED_PRECONDITION',
      reason: 'TOOL_LENT',
      message: '"hammer" is lent; ask "ada" for it',
    });
    expect(details).to.include({ tool: 'hammer', holders: '["ada"]' });
    expect(details).to.have.property('call_id').that.is.not.empty;
  });

  it('is told which argument was wrong', () => {
    const { code, reason, details } = caught('wrong_argument');
    expect({ code, reason }).to.deep.equal({ code: 'INVALID_ARGUMENT', reason: 'ARGUMENT_INVALID' });
    expect(details.path).to.include('to');
  });

  it('is told that a name is unknown, and of one that is like it', () => {
    const { code, reason, message } = caught('unknown_name');
    expect({ code, reason }).to.deep.equal({ code: 'NOT_FOUND', reason: 'OBJECT_NOT_FOUND' });
    expect(message).to.include('workshop');
  });

  it('sets a deadline, at which the method is aborted', async () => {
    expect(caught('deadline').code).to.equal('DEADLINE_EXCEEDED');
    await eventually(() => stage?.notes.includes('wait aborted'));
  });

  it('cancels a call, which ends the method', async () => {
    const { seen, error } = outcomes.get('cancel') as { seen: number[]; error: CaughtError };
    expect(seen).to.deep.equal([1, 2]);
    expect(error.code).to.equal('CANCELLED');
    await eventually(() => stage?.notes.includes('tick ended'));
  });

  it('registers, keeps a lease alive, and watches what becomes of a name', () => {
    expect(outcomes.get('watch')).to.deep.equal({
      kept: [true],
      events: [
        ['REGISTERED', 'interop/saw', { language: 'python' }],
        ['CHANGED', 'interop/saw', { language: 'python', sharp: 'yes' }],
        ['REMOVED', 'interop/saw', { language: 'python', sharp: 'yes' }],
      ],
    });
  });
});
