import { FakeClock } from '@patchbay/objects/testing';
import { expect } from 'chai';

import type { OperationRequest } from '../../src/concurrency/operation.js';
import { type EndedOperation, Operations } from '../../src/concurrency/operations.js';
import { reasonOf } from '../fakes/world.js';

const never = new AbortController().signal;
const resource = 'node:node7';
const request: OperationRequest = {
  resources: [resource],
  kind: 'provision',
  parameters: { image: 'ubuntu' },
};

/** Work that ends when it is told to. */
function held(): { work: () => Promise<string>; finish: () => void; runs: () => number } {
  let finish = (): void => undefined;
  let runs = 0;
  const until = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const work = async (): Promise<string> => {
    runs += 1;
    await until;
    return `run ${String(runs)}`;
  };
  return { work, finish, runs: () => runs };
}

describe('Operations', () => {
  it('lets equal requests join the one under way', async () => {
    const operations = new Operations();
    const { work, finish, runs } = held();

    const results = Promise.all([
      operations.run(request, never, work),
      operations.run({ ...request, parameters: { image: 'ubuntu' } }, never, work),
    ]);
    finish();

    expect(await results).to.deep.equal(['run 1', 'run 1']);
    expect(runs()).to.equal(1);
  });

  it('refuses another request on the same resource with the id of the operation under way', async () => {
    const operations = new Operations();
    const { work, finish } = held();
    const first = operations.run(request, never, work);
    const id = operations.current(resource);

    const second = operations.run({ ...request, parameters: { image: 'debian' } }, never, work);

    const error = await second.catch((each: unknown) => each);
    expect(error).to.deep.include({ code: 'ABORTED', reason: 'OPERATION_PENDING' });
    expect(error).to.have.nested.property('details.operation', id);
    finish();
    await first;
  });

  it('lets operations on different resources run at the same time', async () => {
    const operations = new Operations();
    const first = held();
    const second = held();

    const results = Promise.all([
      operations.run(request, never, first.work),
      operations.run({ ...request, resources: ['node:node8'] }, never, second.work),
    ]);
    second.finish();
    first.finish();

    expect(await results).to.deep.equal(['run 1', 'run 1']);
  });

  it('holds all resources of an operation, and frees them together', async () => {
    const operations = new Operations();
    const { work, finish } = held();
    const both: OperationRequest = { ...request, resources: ['node:node8', resource] };

    const first = operations.run(both, never, work);
    const joined = operations.run(both, never, work);

    expect(await reasonOf(operations.run(request, never, work))).to.equal('OPERATION_PENDING');
    expect(operations.current('node:node8')).to.equal(operations.current(resource));
    finish();
    expect(await Promise.all([first, joined])).to.deep.equal(['run 1', 'run 1']);
    expect(operations.idle).to.equal(true);
  });

  it('gives every caller the error that the work ended with', async () => {
    const operations = new Operations();
    const fail = (): Promise<never> => Promise.reject(new Error('no'));

    const both = await Promise.allSettled([
      operations.run(request, never, fail),
      operations.run(request, never, fail),
    ]);

    expect(both.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(operations.idle).to.equal(true);
  });

  it('tells the work to stop only when its last caller has left', async () => {
    const operations = new Operations();
    const one = new AbortController();
    const two = new AbortController();
    let aborted = false;
    const work = ({ signal }: { signal: AbortSignal }): Promise<never> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new Error('stopped'));
        });
      });
    const calls = [operations.run(request, one.signal, work), operations.run(request, two.signal, work)];

    one.abort(new Error('left'));
    expect(await calls[0]?.catch((error: unknown) => (error as Error).message)).to.equal('left');
    expect(aborted).to.equal(false);
    two.abort(new Error('left too'));

    expect(await calls[1]?.catch((error: unknown) => (error as Error).message)).to.equal('left too');
    expect(aborted).to.equal(true);
  });

  it('does not let a newcomer join what is being undone', async () => {
    const operations = new Operations();
    const leaver = new AbortController();
    const { work, finish } = held();
    const first = operations.run(request, leaver.signal, work).catch(() => 'left');
    leaver.abort(new Error('left'));
    await first;

    expect(await reasonOf(operations.run(request, never, work))).to.equal('OPERATION_PENDING');

    finish();
  });

  it('yields the latest report to every caller', async () => {
    const operations = new Operations();
    const following = operations.follow<string, number>(request, never, async (operation) => {
      operation.report(1);
      operation.report(2);
      await Promise.resolve();
      return 'done';
    });

    expect(await following.next()).to.deep.equal({ done: false, value: 2 });
    expect(await following.next()).to.deep.equal({ done: true, value: 'done' });
  });

  it('tells the reconciler to leave a resource alone that an operation is on', async () => {
    const operations = new Operations();
    const { work, finish } = held();
    const running = operations.run(request, never, work);

    expect(await operations.maintain(resource, () => Promise.resolve('mended'))).to.equal('busy');

    finish();
    await running;
    expect(await operations.maintain(resource, () => Promise.resolve('mended'))).to.equal('mended');
  });

  it('lets a caller wait for the reconciler', async () => {
    const operations = new Operations();
    const { work, finish } = held();
    const mending = operations.maintain(resource, work);

    const called = operations.run(request, never, () => Promise.resolve('after'));
    finish();

    expect(await mending).to.equal('run 1');
    expect(await called).to.equal('after');
  });

  it('takes nothing new once it closes, and waits for what it told to stop', async () => {
    const operations = new Operations();
    let undone = false;
    const running = operations
      .run(request, never, async ({ signal }) => {
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
        await Promise.resolve();
        undone = true;
      })
      .catch(() => undefined);

    await operations.close();

    expect(undone).to.equal(true);
    expect(await reasonOf(operations.run(request, never, () => Promise.resolve()))).to.equal(
      'SERVER_DRAINING',
    );
    await running;
  });

  it("tells of each operation once when it has ended, but not of the reconciler's", async () => {
    const clock = new FakeClock();
    const told: EndedOperation[] = [];
    const operations = new Operations({ clock, ended: (operation) => told.push(operation) });
    const failure = new Error('no');

    await Promise.all([
      operations.run(request, never, () => clock.advance(70)),
      operations.run(request, never, () => Promise.resolve()),
    ]);
    await operations.run(request, never, () => Promise.reject(failure)).catch(() => undefined);
    await operations.maintain(resource, () => Promise.resolve());

    expect(told).to.deep.equal([
      { request, error: undefined, durationMs: 70 },
      { request, error: failure, durationMs: 0 },
    ]);
  });
});
