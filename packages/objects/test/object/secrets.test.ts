import { Readable } from 'node:stream';

import { expect } from 'chai';
import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { PreparedMethod } from '../../src/object/bind.js';
import { method } from '../../src/object/define.js';
import { FileArgument } from '../../src/object/file-argument.js';
import { secret, Secrets } from '../../src/object/secrets.js';
import { refusalOf } from '../../src/testing/refusal.js';

const account = z.object({ user: z.string(), password: secret(z.string()) });
interface Tree {
  key: string;
  children: Tree[];
}
const tree: z.ZodType<Tree> = z.object({
  key: secret(z.string()),
  children: z.array(z.lazy(() => tree)),
});

const login = new PreparedMethod(
  'login',
  method({
    summary: 'Log in',
    args: [
      arg('user', z.string(), 'Who'),
      arg('password', secret(z.string()).min(8), 'The password'),
      arg('pin', secret(z.int()).optional(), 'The PIN'),
    ],
    options: {
      key: secret(z.string()).optional().describe('A key'),
      others: z.array(account).optional(),
    },
    returns: z.object({ user: z.string(), token: secret(z.string()) }),
    run: (user) => ({ user, token: 'hunter2 token' }),
  }),
);

describe('Secrets', () => {
  const schemas: [title: string, schema: z.ZodType, value: unknown, masked: unknown][] = [
    ['a secret', secret(z.string()), 'hunter2', '***'],
    ['a refined secret', secret(z.string()).min(3).describe('x').optional(), 'hunter2', '***'],
    ['an absent secret', secret(z.string()).optional(), undefined, undefined],
    [
      'a field',
      account,
      { user: 'a', password: 'hunter2', more: 1 },
      { user: 'a', password: '***', more: 1 },
    ],
    ['a field of the wrong type', account, { password: ['hunter2'] }, { password: '***' }],
    ['a list', z.array(account), [{ user: 'a', password: 'hunter2' }], [{ user: 'a', password: '***' }]],
    ['a record', z.record(z.string(), secret(z.string())), { a: 'hunter2' }, { a: '***' }],
    ['a tuple', z.tuple([z.string(), secret(z.string())]), ['a', 'hunter2'], ['a', '***']],
    [
      'a union',
      z.union([z.object({ password: z.string() }), account]),
      { password: 'hunter2' },
      { password: '***' },
    ],
    [
      'a nullable default',
      account.nullable().default({ user: '', password: '' }),
      { password: 'hunter2' },
      { password: '***' },
    ],
    [
      'a pipe',
      z.pipe(
        account,
        z.transform((each) => each.user),
      ),
      { password: 'hunter2' },
      { password: '***' },
    ],
    [
      'a recursive schema',
      tree,
      { key: 'hunter2', children: [{ key: 'hunter2', children: [] }] },
      { key: '***', children: [{ key: '***', children: [] }] },
    ],
  ];
  for (const [title, schema, value, expected] of schemas) {
    it(`masks ${title}`, () => {
      expect(Secrets.of(schema)?.mask(value)).to.deep.equal(expected);
    });
  }

  it('finds none in other schemas', () => {
    expect(Secrets.of(z.object({ secret: z.boolean(), list: z.array(z.string()) }))).to.equal(undefined);
  });
});

describe('a method that takes secrets', () => {
  it('says so in its description', () => {
    const { args, options } = login.description;
    expect(
      [...args, ...options].filter((each) => each.secret === true).map(({ name }) => name),
    ).to.deep.equal(['password', 'pin', 'key']);
    expect(JSON.stringify(options[1])).to.contain('"secret":true');
  });

  const inputs: [title: string, input: Parameters<PreparedMethod['maskArguments']>[0], masked: unknown][] = [
    ['values', { values: ['a', 'hunter2', 7, { key: 'hunter2' }] }, ['a', '***', '***', { key: '***' }]],
    [
      'options in place of an argument',
      { values: ['a', 'hunter2', { others: [{ password: 'hunter2' }] }] },
      ['a', '***', { others: [{ password: '***' }] }],
    ],
    ['values that are too many', { values: ['a', 'b', 1, {}, 'hunter2'] }, ['a', '***', '***', '***', '***']],
    ['argv', { argv: ['a', 'hunter2', '--key=hunter2'] }, ['a', '***', { key: '***' }]],
    ['argv that cannot be read', { argv: ['a', 'hunter2', '--kee=hunter2'] }, ['***', '***', '***']],
  ];
  for (const [title, input, expected] of inputs) {
    it(`masks ${title}`, () => {
      expect(login.maskArguments(input)).to.deep.equal(expected);
    });
  }

  it('masks its result', () => {
    expect(login.maskResult({ user: 'a', token: 'hunter2' })).to.deep.equal({ user: 'a', token: '***' });
  });

  const refused: [title: string, act: () => unknown][] = [
    ['a secret that is too short', () => login.bindValues(['a', 'hunter2'])],
    ['a secret of another type', () => login.bindValues(['a', 'long enough', 'hunter2'])],
    ['a number in place of a text', () => login.bindValues(['a', 424242])],
    ['a secret in argv of another type', () => login.bindArgv(['a', 'long enough', 'hunter2'])],
    ['what may be a part of one', () => login.bindArgv(['a', 'long enough', '1', 'hunter2'])],
    ['JSON with one', () => login.bindArgv(['a', 'long enough', '--others', '{"password":"hunter2"'])],
    [
      'a field with one',
      () => login.bindValues(['a', 'long enough', 1, { others: [{ user: 1, password: 424242 }] }]),
    ],
  ];
  for (const [title, act] of refused) {
    it(`does not repeat ${title} in its refusal`, () => {
      const refusal = refusalOf(act);
      expect(JSON.stringify([refusal.message, refusal.details])).to.not.match(/hunter2|424242/);
    });
  }

  it('names the secrets that were typed, and not those that were piped in', () => {
    expect(login.secretsTyped(['a', 'long enough', '--key', 'k'])).to.deep.equal(['key', 'password']);
    expect(login.secretsTyped(['a', new FileArgument('-', Readable.from([]))])).to.deep.equal([]);
  });
});
