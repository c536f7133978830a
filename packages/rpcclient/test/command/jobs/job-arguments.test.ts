import { expect } from 'chai';
import { z } from 'zod';

import { isRpcError } from '@patchbay/objects';
import { arg, bytesSchema, byteStream, describeMethod, method, secret } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { describedArguments, undescribedArguments } from '../../../src/command/jobs/job-arguments.js';

const provision = describeMethod(
  'provision',
  method({
    summary: 'Provision',
    args: [arg('node', z.string(), 'the node'), arg('copies', z.int().optional(), 'how many')],
    options: { sizeBytes: bytesSchema().optional(), password: secret(z.string()).optional() },
    returns: z.null(),
    run: () => null,
  }),
);
const upload = describeMethod(
  'upload',
  method({
    summary: 'Upload',
    args: [arg('data', byteStream(), 'the bytes')],
    returns: z.null(),
    run: () => null,
  }),
);

function content(text: string): AsyncIterable<Uint8Array> {
  return new Blob([text]).stream();
}

describe('The arguments of a job', () => {
  it("become values by the method's description", async () => {
    const { values } = await describedArguments(provision, ['007', '2', '--size', '1KiB']);
    expect(values).to.deep.equal(['007', 2, { sizeBytes: 1024 }]);
  });

  it('are read from a file or standard input where they are text, and only then are secrets not typed', async () => {
    const typed = await describedArguments(provision, ['n', '--password=x']);
    expect([typed.values[1], typed.typedSecrets]).to.deep.equal([{ password: 'x' }, ['password']]);
    const given = await describedArguments(provision, [
      'n',
      { typed: '--password=-', content: content('x\n') },
    ]);
    expect([given.values[1], given.typedSecrets]).to.deep.equal([{ password: 'x' }, []]);
  });

  it('are checked as those of a plain call', async () => {
    expect((await refusal(describedArguments(provision, ['n', 'many']))).reason).to.equal('ARGUMENT_INVALID');
    expect((await refusal(describedArguments(provision, ['n', '--sice', '1']))).reason).to.equal(
      'OPTION_UNKNOWN',
    );
    expect((await refusal(describedArguments(provision, []))).reason).to.equal('ARGUMENT_MISSING');
  });

  it('are no streams', async () => {
    const { values } = await describedArguments(upload, [{ typed: '@f', content: content('x') }]);
    expect(Symbol.asyncIterator in (values[0] as object)).to.equal(true); // refused when it is submitted
    const error = await refusal(describedArguments(upload, ['./file']));
    expect([error.reason, error.details.path]).to.deep.equal(['JOB_ARGUMENT_LIVE', 'data']);
  });

  const rows: readonly (readonly [argv: string, values: readonly unknown[]])[] = [
    ['/var 5 true', ['/var', 5, true]],
    ['007 1.5 "5" null', ['007', 1.5, '5', null]],
    ['{"a":[1]} [2] 20GiB', [{ a: [1] }, [2], '20GiB']],
    ['a --limit 10 --dry-run --no-keep', ['a', { limit: 10, dryRun: true, keep: false }]],
    ['--tag=a --tag b --tag=1', [{ tag: ['a', 'b', 1] }]],
    ['--a --b=--c x', ['x', { a: true, b: '--c' }]],
    ['-5 -- --a -', [-5, '--a', '-']],
    ['@@home', ['@home']],
    ['--constructor 1', [{ constructor: 1 }]],
  ];
  for (const [argv, values] of rows) {
    it(`${argv} of a method that nobody describes are JSON or text`, () => {
      expect(undescribedArguments(argv.split(' '))).to.deep.equal(values);
    });
  }

  for (const word of ['-', '@file', '--data=@file', '--data=-']) {
    it(`${word} of a method that nobody describes is refused`, () => {
      expect(() => undescribedArguments([word])).to.satisfy((run: () => unknown) => {
        try {
          run();
          return false;
        } catch (error) {
          return isRpcError(error, 'JOB_ARGUMENT_LIVE');
        }
      });
    });
  }
});
