import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { method } from '../../src/object/define.js';
import { PreparedMethod } from '../../src/object/bind.js';
import { defaults, provisionMethod } from './provision-method.js';
import { refusalOf } from '../../src/testing/refusal.js';

const provision = new PreparedMethod('provision', provisionMethod());
const echo = new PreparedMethod(
  'echo',
  method({
    summary: 'Give back',
    args: [arg('value', z.unknown(), 'Anything')],
    returns: z.unknown(),
    run: (value: unknown) => value,
  }),
);

describe('bindValues', () => {
  const good: [title: string, values: unknown[], bound: unknown[]][] = [
    ['leaves out what is optional', ['n', 'i'], ['n', 'i', undefined, defaults]],
    ['takes every positional argument', ['n', 'i', 's'], ['n', 'i', 's', defaults]],
    [
      'takes options after the last argument',
      ['n', 'i', 's', { sizeBytes: 5 }],
      ['n', 'i', 's', { ...defaults, sizeBytes: 5 }],
    ],
    [
      'takes options at the place of an optional argument',
      ['n', 'i', { keepDisk: true }],
      ['n', 'i', undefined, { ...defaults, keepDisk: true }],
    ],
    ['takes null for an optional argument as absent', ['n', 'i', null], ['n', 'i', undefined, defaults]],
    ['takes null for the options as absent', ['n', 'i', null, null], ['n', 'i', undefined, defaults]],
    [
      'takes undefined before options as absent',
      ['n', 'i', undefined, { keepDisk: true }],
      ['n', 'i', undefined, { ...defaults, keepDisk: true }],
    ],
    ['takes empty options', ['n', 'i', {}], ['n', 'i', undefined, defaults]],
  ];
  for (const [title, values, bound] of good) {
    it(title, () => {
      expect(provision.bindValues(values)).to.deep.equal(bound);
    });
  }

  const bad: [title: string, values: unknown[], reason: string, message: string | RegExp][] = [
    [
      'a missing argument, with the usage',
      ['n'],
      'ARGUMENT_MISSING',
      /^argument "image" is missing; usage: provision\(node, image, snapshot\?, { sizeBytes\?, /,
    ],
    ['null for a required argument', ['n', null], 'ARGUMENT_MISSING', /^argument "image" is missing/],
    [
      'too many arguments',
      ['n', 'i', 's', 't', 'u'],
      'ARGUMENT_SURPLUS',
      /^provision takes 3 arguments, but 5 were given \(the first extra one is "t"\)/,
    ],
    ['a text at the place of the options', ['n', 'i', 's', 'x'], 'ARGUMENT_SURPLUS', /but 4 were given/],
    ['a list at the place of the options', ['n', 'i', 's', []], 'ARGUMENT_SURPLUS', /but 4 were given/],
    [
      'two objects of options',
      ['n', 'i', {}, {}],
      'ARGUMENT_INVALID',
      /^argument "snapshot": must be a string/,
    ],
    [
      'an unknown option, with the nearest one',
      ['n', 'i', { sizeByte: 5 }],
      'OPTION_UNKNOWN',
      'provision has no option "sizeByte"; did you mean "sizeBytes"?',
    ],
    [
      'an unknown option that is like none, with all of them',
      ['n', 'i', { colour: 5 }],
      'OPTION_UNKNOWN',
      /has no option "colour"; its options are sizeBytes, timeoutMs, /,
    ],
    [
      'a prototype for an option',
      ['n', 'i', JSON.parse('{"__proto__":{"keepDisk":true}}')],
      'OPTION_UNKNOWN',
      /no option "__proto__"/,
    ],
    [
      'an argument of the wrong type',
      [7, 'i'],
      'ARGUMENT_INVALID',
      'argument "node": must be a string, not 7',
    ],
    [
      "an argument against its schema, in the schema's words",
      ['Node 7', 'i'],
      'ARGUMENT_INVALID',
      'argument "node": must be lower-case letters, digits and "-"',
    ],
    [
      'an option of the wrong type',
      ['n', 'i', { keepDisk: 'yes' }],
      'ARGUMENT_INVALID',
      'option "keepDisk": must be true or false, not a string',
    ],
    [
      'an option that is out of its range',
      ['n', 'i', { sizeBytes: 0 }],
      'ARGUMENT_INVALID',
      'option "sizeBytes": must be more than 0',
    ],
    [
      'a choice that is none, with the nearest one',
      ['n', 'i', { format: 'qcow' }],
      'ARGUMENT_INVALID',
      'option "format": must be "raw" or "qcow2", not "qcow"; did you mean "qcow2"?',
    ],
    [
      'a wrong item of a list, with its place',
      ['n', 'i', { luns: [1, 2.5] }],
      'ARGUMENT_INVALID',
      'option "luns.1": must be a whole number, not 2.5',
    ],
  ];
  for (const [title, values, reason, message] of bad) {
    it(`refuses ${title}`, () => {
      const refusal = refusalOf(() => provision.bindValues(values));
      expect(refusal.reason).to.equal(reason);
      expect(refusal.message).to.match(
        message instanceof RegExp ? message : new RegExp(`^${escaped(message)}$`),
      );
    });
  }

  it('reports the path of the invalid value in its details', () => {
    const refusal = refusalOf(() => provision.bindValues(['n', 'i', { luns: [1, 'two'] }]));
    expect(refusal.details).to.deep.equal({
      argument: 'luns',
      path: ['luns', '1'],
      issues: [{ path: ['luns', '1'], message: 'must be a number, not a string' }],
    });
  });

  it('refuses an argument of a method that has none', () => {
    const ping = new PreparedMethod(
      'ping',
      method({ summary: 'Answer', returns: z.null(), run: () => null }),
    );
    expect(refusalOf(() => ping.bindValues(['x'])).message).to.match(
      /^ping takes no arguments, but 1 was given/,
    );
  });

  it('takes an object for an argument where the method has no options', () => {
    expect(echo.bindValues([{ a: 1 }])).to.deep.equal([{ a: 1 }]);
  });

  it('passes null to an argument whose schema accepts it', () => {
    expect(echo.bindValues([null])).to.deep.equal([null]);
  });

  it('takes an object for a required argument and another for the options', () => {
    const put = new PreparedMethod(
      'put',
      method({
        summary: 'Put',
        args: [arg('value', z.object({ a: z.int() }), 'A value')],
        options: { force: z.boolean().optional() },
        returns: z.null(),
        run: () => null,
      }),
    );
    expect(put.bindValues([{ a: 1 }])).to.deep.equal([{ a: 1 }, {}]);
    expect(put.bindValues([{ a: 1 }, { force: true }])).to.deep.equal([{ a: 1 }, { force: true }]);
  });

  it('asks for an option that is required', () => {
    const set = new PreparedMethod(
      'set',
      method({ summary: 'Set', options: { owner: z.string() }, returns: z.null(), run: () => null }),
    );
    const refusal = refusalOf(() => set.bindValues([]));
    expect(refusal.reason).to.equal('ARGUMENT_MISSING');
    expect(refusal.message).to.equal('option "owner" is missing; usage: set({ owner })');
  });

  it('returns a new array for every call', () => {
    const values = ['n', 'i', 's'];
    provision.bindValues(values).push('context');
    expect(provision.bindValues(values)).to.deep.equal(['n', 'i', 's', defaults]);
  });

  it('never fails in another way than an RpcError of one short line, whatever it is given', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (values) => {
        try {
          expect(provision.bindValues(values)).to.have.length(4);
        } catch (error) {
          const refusal = refusalOf(() => {
            throw error;
          });
          expect(refusal.code).to.equal('INVALID_ARGUMENT');
          expect(refusal.message.length).to.be.below(600);
          // eslint-disable-next-line no-control-regex -- looks for exactly these
          expect(refusal.message).not.to.match(/[\x00-\x1f]/);
        }
      }),
    );
  });
});

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
