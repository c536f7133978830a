import { expect } from 'chai';
import fc from 'fast-check';

import { displayWidth } from '../src/terminal.js';
import { itemText, resultText } from '../src/table.js';

const images = [
  {
    name: 'ubuntu',
    sizeBytes: 10 * 1024 ** 3,
    clones: 12,
    createdAt: '2026-11-20T15:04:05.123Z',
    ready: true,
  },
  { name: 'a', sizeBytes: 512, clones: 3, createdAt: '2026-11-20T15:04:05.000Z', ready: false },
];

describe('resultText', () => {
  it('writes a list of objects as a table: names left, numbers right, sizes and times for people', () => {
    expect(resultText(images).split('\n')).to.deep.equal([
      'NAME        SIZE  CLONES  CREATED AT            READY',
      'ubuntu  10.0 GiB      12  2026-11-20T15:04:05Z  yes',
      'a          512 B       3  2026-11-20T15:04:05Z  no',
    ]);
  });

  it('flattens nested objects of one shape into columns', () => {
    const rows = [
      { node: 'n1', target: { iqn: 'iqn.a', lun: 1 } },
      { node: 'n2', target: null },
    ];
    expect(resultText(rows).split('\n')).to.deep.equal([
      'NODE  TARGET.IQN  TARGET.LUN',
      'n1    iqn.a                1',
      'n2    -                    -',
    ]);
  });

  it('keeps objects of different shapes in one column', () => {
    const rows = [{ metadata: { rack: '1' } }, { metadata: { zone: 'a' } }, { metadata: {} }];
    expect(resultText(rows).split('\n')).to.deep.equal(['METADATA', '{"rack":"1"}', '{"zone":"a"}', '-']);
  });

  it('marks what a row does not have', () => {
    expect(resultText([{ a: 'x' }, { b: ['p', 'q'] }]).split('\n')).to.deep.equal([
      'A  B',
      'x  -',
      '-  p, q',
    ]);
  });

  it('keeps the full name of a field where another one has it without the unit', () => {
    expect(resultText([{ size: 'big', sizeBytes: 1024 }]).split('\n')[0]).to.equal('SIZE  SIZEBYTES');
  });

  it('writes moments as timestamps, and what an object has lists of as tables below it', () => {
    const hosts = [{ host: 'web-1', state: 'failed' }];
    const run = { id: 'r1', submittedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), hosts, leaseMs: 90_000 };
    expect(resultText(run).split('\n')).to.deep.equal([
      'id            r1',
      'submitted at  2026-01-02T03:04:05Z',
      'lease         1m30s',
      '',
      'hosts:',
      '  HOST   STATE',
      '  web-1  failed',
    ]);
  });

  it('writes one object a field a line', () => {
    const result = {
      node: 'node7',
      chapUser: 'u',
      leaseMs: 90_000,
      target: { iqn: 'iqn.a', lun: 1 },
      tags: [],
      endpoints: [{ a: 1 }],
    };
    expect(resultText(result).split('\n')).to.deep.equal([
      'node        node7',
      'chap user   u',
      'lease       1m30s',
      'target.iqn  iqn.a',
      'target.lun  1',
      'tags        -',
      '',
      'endpoints:',
      '  A',
      '  1',
    ]);
  });

  const plain: [title: string, value: unknown, text: string][] = [
    ['null', null, ''],
    ['undefined', undefined, ''],
    ['a number', 5, '5'],
    ['a boolean', true, 'yes'],
    ['an empty list', [], 'none'],
    ['a list of words', ['a', 'b'], 'a\nb'],
    ['a mixed list', ['a', { b: 1 }], 'a\n{"b":1}'],
    ['an object without fields', {}, ''],
    ['objects without fields', [{}, {}], '-\n-'],
    ['a text of several lines', '#!ipxe\nboot\n', '#!ipxe\nboot\n'],
    ['bytes', new Uint8Array(3), '(3 B)'],
  ];
  for (const [title, value, text] of plain) {
    it(`writes ${title} as ${JSON.stringify(text)}`, () => {
      expect(resultText(value)).to.equal(text);
    });
  }

  it('lets no value drive the terminal, be it a field or its name', () => {
    const hostile = '\u001b]0;owned\u0007\n\u202e';
    for (const value of [
      hostile,
      [hostile],
      { [hostile]: hostile },
      [{ [hostile]: hostile, x: [hostile] }],
    ]) {
      expect(resultText(value)).not.to.match(/[\u001b\u0007\u202e]/); // eslint-disable-line no-control-regex
    }
  });

  it('aligns columns also after wide characters', () => {
    const [, first = '', second = ''] = resultText([
      { name: '日本', size: 'x' },
      { name: 'abcde', size: 'x' },
    ]).split('\n');
    expect(displayWidth(first)).to.equal(displayWidth(second));
  });

  it('writes a table of one line a row and one for the head, whatever the values', () => {
    const row = fc.record({ a: fc.jsonValue(), b: fc.string({ unit: 'binary' }) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
        expect(resultText(rows).split('\n')).to.have.length(rows.length + 1);
      }),
    );
  });
});

describe('itemText', () => {
  const items: [title: string, item: unknown, text: string][] = [
    [
      'an object on one line',
      { revision: 7, leaseMs: 90_000, target: { iqn: 'iqn.a', lun: 1 } },
      'revision 7  lease 1m30s  target.iqn iqn.a  target.lun 1',
    ],
    ['nothing of a field that is not there', { node: 'a', was: null, by: undefined }, 'node a'],
    ['a value of several lines as one', { message: 'a\nb' }, 'message a\\nb'],
    ['a text as it is', 'a\nb', 'a\nb'],
  ];
  for (const [title, item, text] of items) {
    it(`writes ${title}`, () => {
      expect(itemText(item)).to.equal(text);
    });
  }
});
