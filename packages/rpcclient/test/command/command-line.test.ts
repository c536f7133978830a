import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError } from '@patchbay/objects';

import { readCommandLine } from '../../src/command/command-line.js';
import { ownOptions } from '../../src/command/own-options.js';

/** Reads a command line of words without spaces. */
function read(line: string): {
  own: Record<string, string>;
  method: string | undefined;
  words: readonly string[];
} {
  const { own, method, words } = readCommandLine(line === '' ? [] : line.split(' '));
  return { own: Object.fromEntries(own), method, words };
}

describe('A command line of rpcclient', () => {
  const rows: [line: string, own: Record<string, string>, method: string | undefined, words: string[]][] = [
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
  for (const [line, own, method, words] of rows) {
    it(`of "${line}" is taken apart`, () => {
      expect(read(line)).to.deep.equal({ own, method, words });
    });
  }

  it('keeps every word that is not an option of its own, in place and as it is', () => {
    const own = Object.keys(ownOptions).map((name) => `--${name}`);
    const word = fc.string().filter((each) => each !== '--' && !own.includes(each.split('=')[0] ?? ''));
    fc.assert(
      fc.property(fc.array(word), fc.nat(), (words, at) => {
        const place = at % (words.length + 1);
        const line = readCommandLine(['m', ...words.slice(0, place), '--json', ...words.slice(place)]);
        expect(line.words).to.deep.equal(words);
        expect(line.own.has('json')).to.equal(true);
      }),
    );
  });

  it('keeps every word behind a -- before the method', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(readCommandLine(['--', 'm', ...words]).words).to.deep.equal(words);
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
