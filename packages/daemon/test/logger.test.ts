import { expect } from 'chai';
import { PassThrough, Writable } from 'node:stream';

import { coreError, type Log } from '@patchbay/objects';
import { FakeClock } from '@patchbay/objects/testing';

import { type LogDestination, streamDestination } from '../src/log-destination.js';
import { createLogger, logSettings, openLog } from '../src/logger.js';

/** A destination that records its lines, and fails while `failure` is set. */
class Lines implements LogDestination {
  readonly lines: string[] = [];
  failure: Error | undefined;
  lost: LogDestination['lost'];

  write(line: string): void {
    if (this.failure === undefined) {
      this.lines.push(line);
    } else {
      this.lost = { lines: (this.lost?.lines ?? 0) + 1, error: this.failure };
    }
  }
}

function logTo(destination: LogDestination, format: 'json' | 'text'): Log {
  return createLogger({ level: 'info', format, destination, clock: new FakeClock(0) });
}

function jsonOf(write: (log: Log) => void): Record<string, unknown> {
  const destination = new Lines();
  write(logTo(destination, 'json'));
  expect(destination.lines).to.have.length(1);
  return JSON.parse(destination.lines[0]!) as Record<string, unknown>;
}

function textOf(write: (log: Log) => void): string {
  const destination = new Lines();
  write(logTo(destination, 'text'));
  return destination.lines.join('');
}

describe('A log in JSON', () => {
  it('has one object a line, with time, level, message and fields', () => {
    const line = jsonOf((log) => {
      log.info('Listening', { address: '127.0.0.1:7440' });
    });
    expect(line).to.deep.equal({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'Listening',
      address: '127.0.0.1:7440',
    });
  });

  it('carries the fields of its parents', () => {
    const line = jsonOf((log) => {
      log.child({ object: 'storage', callId: '1' }).child({ callId: '2' }).warn('Slow');
    });
    expect(line).to.include({ object: 'storage', callId: '2', level: 'warn' });
  });

  it('keeps a field that is named like its own', () => {
    const line = jsonOf((log) => {
      log.info('Said', { message: 'theirs', level: 'theirs', time: 'theirs' });
    });
    expect(line).to.include({
      message: 'Said',
      level: 'info',
      message_: 'theirs',
      level_: 'theirs',
      time_: 'theirs',
    });
  });

  it('writes an error with its stack and all its causes', () => {
    const root = Object.assign(new Error('no space left'), { code: 'ENOSPC', path: '/pool' });
    const error = coreError('UNEXPECTED', 'cannot write', {
      cause: new Error('copying failed', { cause: root }),
      details: { node: 'node7' },
    });
    const line = jsonOf((log) => {
      log.error('Failed', { error });
    });
    expect(line).to.have.nested.property('error.reason', 'UNEXPECTED');
    expect(line).to.have.nested.property('error.details.node', 'node7');
    expect(line).to.have.nested.property('error.stack').that.includes('logger.test');
    expect(line).to.have.nested.property('error.cause.message', 'copying failed');
    expect(line).to.have.nested.property('error.cause.cause.code', 'ENOSPC');
  });

  it('never writes a secret, however deep', () => {
    const line = jsonOf((log) => {
      log.info('Exported', {
        token: 't0psecret',
        chap: { user: 'node7', chapSecret: 't0psecret', list: [{ Password: 't0psecret' }] },
        error: coreError('UNEXPECTED', 'failed', { details: { secret: { inner: 't0psecret' } } }),
        account: new Map([['password', 't0psecret']]),
      });
    });
    expect(JSON.stringify(line)).to.not.include('t0psecret');
    expect(line).to.have.nested.property('chap.chapSecret', '[redacted]');
    expect(line).to.have.nested.property('chap.user', 'node7');
  });

  for (const text of [
    'cannot fetch https://me:t0psecret@images.example/a?size=1',
    'GET /boot/node7?token=t0psecret&x=1 failed',
    'the tool said {"user": "a", "password": "t0psecret"}',
    'tool --chap-secret t0psecret --size 1 ended with 1',
  ]) {
    it(`tells no secret within a text: ${text}`, () => {
      const line = jsonOf((log) => {
        log.info(text, { error: new Error(text), list: [text] });
      });
      expect(JSON.stringify(line)).to.not.include('t0psecret');
      expect(line.message).to.include('[redacted]');
    });
  }

  it('leaves texts without secrets as they are', () => {
    const text = 'https://images.example:8080/a@b, options.token: must be a text; secret';
    const line = jsonOf((log) => {
      log.info(text);
    });
    expect(line.message).to.equal(text);
  });

  it("writes only known fields of other libraries' errors", () => {
    const error = Object.assign(new Error('failed'), { command: 'tool --password t0psecret' });
    const line = jsonOf((log) => {
      log.info('Failed', { error });
    });
    expect(JSON.stringify(line)).to.not.include('t0psecret');
  });

  it('survives whatever it is given', () => {
    const loop: Record<string, unknown> = { name: 'loop' };
    loop.self = loop;
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level += 1) {
      deep = { deep };
    }
    const line = jsonOf((log) => {
      log.info('Odd', {
        loop,
        deep,
        big: 1n,
        nan: NaN,
        sign: Symbol('s'),
        date: new Date(NaN),
        bytes: Buffer.from('x'),
      });
    });
    expect(line).to.include({ big: '1', nan: 'NaN', bytes: '[1 bytes]' });
    expect(line).to.have.nested.property('loop.self', '[circular]');
  });

  it('survives a field that throws when it is read', () => {
    const line = jsonOf((log) => {
      log.info('Odd', {
        trap: {
          get value(): string {
            throw new Error('no');
          },
        },
      });
    });
    expect(line).to.include({ message: 'Odd' });
  });

  it('writes thrown values that are not errors', () => {
    const line = jsonOf((log) => {
      log.error('Failed', { error: new Error('outer', { cause: 'a text' }) });
    });
    expect(line).to.have.nested.property('error.cause', 'a text');
  });
});

describe('A log in text', () => {
  it('has time, level, message and fields', () => {
    const text = textOf((log) => {
      log.warn('Slow disk', { node: 'node7', note: 'two words', count: 3, none: undefined });
    });
    expect(text).to.equal('1970-01-01T00:00:00.000Z WARN  Slow disk node=node7 note="two words" count=3\n');
  });

  it('puts the stacks of an error and its causes below, indented', () => {
    const text = textOf((log) => {
      log.error('Failed', { error: new Error('outer', { cause: new Error('inner') }) });
    });
    expect(text).to.match(
      / Failed error=outer\n {4}Error: outer\n {8}at .*\n {4}caused by: Error: inner\n {8}at /s,
    );
  });

  it('writes each error of an AggregateError', () => {
    const text = textOf((log) => {
      log.error('Failed', { error: new AggregateError([new Error('first'), 'second'], 'both') });
    });
    expect(text).to.match(/one of: Error: first.*one of: "?second/s);
  });

  it('lets no text from outside begin a line or steer the terminal', () => {
    const text = textOf((log) => {
      log.info('Said\nby', { name: 'a\n1970 ERROR forged', colour: '\u001b[31m' });
    });
    expect(text.trimEnd()).to.not.include('\n').and.to.not.include('\u001b');
  });
});

describe('A log', () => {
  it('leaves out what is below its level', () => {
    const text = textOf((log) => {
      log.debug('Detail');
      log.info('Main');
    });
    expect(text).to.match(/^\S+ INFO {2}Main\n$/);
  });

  it('has levels of its own for components and objects, which a reload changes', () => {
    const destination = new Lines();
    const log = createLogger({
      level: 'warn',
      levels: { boot: 'debug', storage: 'info' },
      format: 'text',
      destination,
    });
    const storage = log.child({ object: 'storage' });
    const say = (): string => {
      destination.lines.length = 0;
      log.info('daemon');
      storage.info('storage');
      storage.debug('storage, in detail');
      storage.child({ component: 'boot' }).debug('boot');
      storage.child({ component: 'constructor' }).debug('other');
      return destination.lines.map((line) => line.slice(31).trim().split(' ')[0]).join(' ');
    };
    expect(say()).to.equal('storage boot');
    log.reload({ level: 'info', levels: { storage: 'error' } });
    expect(say()).to.equal('daemon');
  });

  it('survives a failing destination, and then reports how many lines were lost', () => {
    const destination = new Lines();
    const log = logTo(destination, 'json');
    destination.failure = new Error('EPIPE');
    log.info('first');
    destination.failure = undefined;
    log.info('second');
    const lines = destination.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).to.have.length(2);
    expect(lines[0]).to.include({ message: 'log lines were lost', linesSinceStart: 1 });
    expect(lines[1]).to.include({ message: 'second' });
  });

  for (const [terminal, start] of [
    [true, /^\d{4}-\S+Z INFO {2}Hello\n$/],
    [false, /^\{"time"/],
  ] as const) {
    it(`is ${terminal ? 'text on' : 'JSON off'} a terminal when nothing else is asked`, () => {
      const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY: terminal });
      openLog(logSettings.parse({}), stderr).info('Hello');
      expect(stderr.read()).to.match(start);
    });
  }
});

describe('A stream that takes log lines', () => {
  it('may break without an error', async () => {
    const broken = new Writable({
      write: (_chunk, _encoding, done) => {
        done(new Error('EPIPE'));
      },
    });
    const destination = streamDestination(broken);
    destination.write('first\n');
    await new Promise(setImmediate);
    destination.write('second\n');
    expect(destination.lost).to.have.property('lines', 2);
  });

  it('does not fill the memory when nobody reads it', () => {
    const stuck = new Writable({ write: () => undefined });
    const destination = streamDestination(stuck);
    for (let count = 0; count < 40; count += 1) {
      destination.write('x'.repeat(65_536));
    }
    expect(stuck.writableLength).to.be.lessThan(1_200_000);
    expect(destination.lost?.lines).to.be.greaterThan(20);
  });
});
