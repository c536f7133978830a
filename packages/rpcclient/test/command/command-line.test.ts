import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError } from '@patchbay/objects';

import { readCommandLine } from '../../src/command/command-line.js';
import { globalOptions } from '../../src/command/global-options.js';

/** Reads a command line whose arguments hold no spaces. */
function read(line: string): {
  options: Record<string, string>;
  method: string | undefined;
  args: readonly string[];
} {
  const { options, method, args } = readCommandLine(line === '' ? [] : line.split(' '));
  return { options: Object.fromEntries(options), method, args };
}

describe('A command line of rpcclient', () => {
  const rows: [line: string, options: Record<string, string>, method: string | undefined, args: string[]][] =
    [
      ['', {}, undefined, []],
      ['--json', { json: '' }, undefined, []],
      ['list --json', { json: '' }, 'list', []],
      ['--json --json list', { json: '' }, 'list', []],
      ['set --json true', { json: '' }, 'set', ['true']],
      ['provision n i --timeout 5s', { timeout: '5s' }, 'provision', ['n', 'i']],
      ['--timeout=5s m', { timeout: '5s' }, 'm', []],
      ['m --timeout -5 x', { timeout: '-5' }, 'm', ['x']],
      ['m --object= x', { object: '' }, 'm', ['x']],
      ['m --name-server a:1=b x', { 'name-server': 'a:1=b' }, 'm', ['x']],
      [
        'm --size 20GiB --no-json -5 -json --Json',
        {},
        'm',
        ['--size', '20GiB', '--no-json', '-5', '-json', '--Json'],
      ],
      ['m --__proto__ --constructor=1', {}, 'm', ['--__proto__', '--constructor=1']],
      ['m a -- --json -- b', {}, 'm', ['a', '--', '--json', '--', 'b']],
      ['m --', {}, 'm', ['--']],
      ['--json -- m --json -- --timeout', { json: '' }, 'm', ['--json', '--', '--timeout']],
      ['m --watch', { watch: '' }, 'm', []],
      ['m --watch 5s x', { watch: '5s' }, 'm', ['x']],
      ['m --watch 5 x', { watch: '' }, 'm', ['5', 'x']],
      ['--watch m 5s', { watch: '' }, 'm', ['5s']],
      ['m --watch=1m 5s', { watch: '1m' }, 'm', ['5s']],
      ['m -- --watch', {}, 'm', ['--', '--watch']],
      ['--', {}, undefined, []],
      ['-- --odd', {}, '--odd', []],
    ];
  for (const [line, options, method, args] of rows) {
    it(`of "${line}" is parsed`, () => {
      expect(read(line)).to.deep.equal({ options, method, args });
    });
  }

  it('keeps every argument that is not a global option, in place and unchanged', () => {
    const global = Object.keys(globalOptions).map((name) => `--${name}`);
    const arg = fc.string().filter((each) => each !== '--' && !global.includes(each.split('=')[0] ?? ''));
    fc.assert(
      fc.property(fc.array(arg), fc.nat(), (args, at) => {
        const index = at % (args.length + 1);
        const line = readCommandLine(['m', ...args.slice(0, index), '--json', ...args.slice(index)]);
        expect(line.args).to.deep.equal(args);
        expect(line.options.has('json')).to.equal(true);
      }),
    );
  });

  it('keeps every argument after a -- before the method', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        expect(readCommandLine(['--', 'm', ...args]).args).to.deep.equal(args);
      }),
    );
  });

  const wrong: [line: string, reason: string][] = [
    ['m --timeout', 'ARGUMENT_MISSING'],
    ['m --timeout -- 5s', 'ARGUMENT_MISSING'],
    ['m --timeout --json', 'ARGUMENT_MISSING'],
    ['m --object a --object a', 'ARGUMENT_INVALID'],
    ['m --json=', 'ARGUMENT_INVALID'],
    ['--size 5 m', 'OPTION_UNKNOWN'],
    ['-x m', 'OPTION_UNKNOWN'],
  ];
  for (const [line, reason] of wrong) {
    it(`is refused for "${line}"`, () => {
      expect(() => read(line))
        .to.throw()
        .that.satisfies((error: unknown) => isRpcError(error, reason));
    });
  }
});
