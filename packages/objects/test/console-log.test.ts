import { expect } from 'chai';

import { consoleLog, type LogLevel } from '../src/console-log.js';
import { coreError } from '../src/errors/core-errors.js';
import type { LogFields } from '../src/log.js';

/** Returns what a line becomes, without its time. */
function written(fields: LogFields, level: 'warn' | 'error' = 'warn'): string {
  const lines: string[] = [];
  consoleLog({ write: (text) => lines.push(text) })[level]('it happened', fields);
  expect(lines).to.have.length(1);
  expect(lines[0]).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z /);
  return lines[0]!.replace(/^\S+ /, '');
}

describe('A console log', () => {
  for (const [level, expected] of [
    [undefined, ['ERROR', 'WARN']],
    ['error', ['ERROR']],
    ['debug', ['ERROR', 'WARN', 'INFO', 'DEBUG']],
  ] as const) {
    it(`writes ${expected.join(', ')} at ${level ?? 'its default level'}`, () => {
      const lines: string[] = [];
      const write = (text: string): void => void lines.push(text);
      const log = consoleLog(level === undefined ? { write } : { level, write });
      for (const each of ['error', 'warn', 'info', 'debug'] as const) {
        log[each]('it happened');
      }
      expect(lines.map((line) => line.split(' ')[1])).to.deep.equal(expected);
    });
  }

  it('refuses an unknown level', () => {
    expect(() => consoleLog({ level: 'verbose' as LogLevel }))
      .to.throw('log level "verbose": must be error, warn, info, debug')
      .with.property('reason', 'CONFIG_INVALID');
  });

  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  for (const [what, value, text] of [
    ['a word', '127.0.0.1:7440', '127.0.0.1:7440'],
    ['a text', 'two words', '"two words"'],
    ['an empty text', '', '""'],
    ['a text with a line of its own', 'a\nERROR b', '"a\\nERROR b"'],
    ['a list', ['a', 1], '["a",1]'],
    ['nothing', undefined, 'undefined'],
    ['a bigint', 1n, '[unreadable]'],
    ['a cycle', cycle, '[unreadable]'],
    ['an error', new Error('it broke'), '"it broke"'],
    ['an error with its cause', new Error('it broke', { cause: new Error('rust') }), '"it broke (rust)"'],
    ['an RpcError', coreError('UNEXPECTED', 'it broke'), '"UNEXPECTED: it broke"'],
  ] as const) {
    it(`writes ${what}`, () => {
      expect(written({ value })).to.equal(`WARN  it happened value=${text}`);
    });
  }

  it('adds the fields of a child to its lines', () => {
    const lines: string[] = [];
    consoleLog({ write: (text) => lines.push(text) })
      .child({ a: 1 })
      .child({ b: 2 })
      .warn('it', { c: 3 });
    expect(lines[0]).to.match(/ it a=1 b=2 c=3$/);
  });

  it('writes the stacks of an error and of its causes below the line', () => {
    const cause = new TypeError('inner\u001b[2J');
    const error = new Error('outer', { cause });
    cause.cause = error; // a cycle must end
    const text = written({ error }, 'error');
    expect(text).to.match(/^ERROR it happened error="outer \(inner.*"\n {4}Error: outer\n {8}at /);
    expect(text).to.match(/\n {4}caused by TypeError: inner\?\[2J\n {8}at /);
  });
});
