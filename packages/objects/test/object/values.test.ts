import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { defineObject, method } from '../../src/object/define.js';
import { describeMethod } from '../../src/object/describe.js';
import { valuesIn, valuesOf } from '../../src/object/values.js';

/** Returns an object with a method whose argument has these values. */
function withValues(
  values: Readonly<Record<string, unknown>>,
  wrap = (schema: z.ZodType) => schema,
): unknown {
  return defineObject({
    summary: 'Images',
    methods: {
      show: method({
        summary: 'Show',
        args: [
          arg('node', z.string(), 'the node'),
          arg('image', wrap(z.string().meta({ values })), 'the image'),
        ],
        returns: z.null(),
        run: () => null,
      }),
      list: method({ summary: 'List', returns: z.array(z.string()), idempotent: true, run: () => [] }),
      list_of: method({
        summary: 'List those of a node',
        args: [arg('node', z.string(), 'the node')],
        returns: z.array(z.string()),
        idempotent: true,
        run: () => [],
      }),
      make: method({ summary: 'Make', returns: z.array(z.string()), run: () => [] }),
    },
  });
}

describe('The values of a schema', () => {
  const right: Readonly<Record<string, unknown>>[] = [
    { method: 'list' },
    { method: 'list', field: 'name' },
    { method: 'list', template: '{node}@{name}' },
    { method: 'list_of', with: ['node'] },
  ];
  for (const values of right) {
    it(`may come from ${JSON.stringify(values)}`, () => {
      expect(() => withValues(values)).not.to.throw();
    });
  }

  const wrong: [values: Readonly<Record<string, unknown>>, why: RegExp][] = [
    [{ method: 'lst' }, /method show: the values of "image" come from an unknown method, "lst"/],
    [{ method: 'toString' }, /unknown method/],
    [{ method: 'make' }, /"make", which is not idempotent/],
    [{ method: 'list_of' }, /"list_of", which cannot be called with 0 arguments/],
    [{ method: 'list', with: ['node'] }, /"list", which cannot be called with 1 arguments/],
    [{ method: 'list_of', with: ['nod'] }, /need "nod", which is not an argument of the method/],
    [{ method: 'list', field: 'a', template: '{b}' }, /must be { method, field or template, with }/],
    [{ method: 'list', fields: 'a' }, /must be/],
    [{ field: 'a' }, /must be/],
  ];
  for (const [values, why] of wrong) {
    it(`may not come from ${JSON.stringify(values)}`, () => {
      expect(() => withValues(values)).to.throw(TypeError, why);
    });
  }

  for (const [what, wrap] of [
    ['optional', (schema: z.ZodType) => schema.optional()],
    ['a list', (schema: z.ZodType) => z.array(schema)],
    ['nullable', (schema: z.ZodType) => schema.nullable()],
  ] as const) {
    it(`are checked, and described, where the schema is ${what}`, () => {
      expect(() => withValues({ method: 'make' }, wrap)).to.throw(TypeError, /not idempotent/);
      const schema = wrap(z.string().meta({ values: { method: 'list' } }));
      const definition = method({
        summary: 'Show',
        args: [arg('image', schema, 'the image')],
        returns: z.null(),
        run: () => null,
      });
      const [described] = describeMethod('show', definition).args;
      expect(valuesOf(described?.schema ?? {})).to.have.property('method', 'list');
    });
  }

  it('are undefined where a schema has none, or others of another form', () => {
    expect(valuesOf({ type: 'string' })).to.equal(undefined);
    expect(valuesOf({ type: 'string', values: ['a'] })).to.equal(undefined);
  });

  const rows: [rows: unknown, from: Parameters<typeof valuesIn>[1], values: string[]][] = [
    [['a', 'b', 'a', null], { method: 'm' }, ['a', 'b']],
    [[{ name: 'a' }, { name: 7 }, { other: 'b' }, 'c'], { method: 'm', field: 'name' }, ['a', '7']],
    [[{ n: 'x', s: 'y' }, { n: 'x' }], { method: 'm', template: '{n}@{s}' }, ['x@y']],
    [{ not: 'a list' }, { method: 'm' }, []],
    [[{}], { method: 'm', field: 'toString' }, []],
  ];
  for (const [given, from, values] of rows) {
    it(`of ${JSON.stringify(given)} by ${JSON.stringify(from)} are ${JSON.stringify(values)}`, () => {
      expect(valuesIn(given, from)).to.deep.equal(values);
    });
  }
});
