import { expect } from 'chai';
import fc from 'fast-check';

import { CallTable } from '../../src/protocol/call-table.js';

describe('a table of calls', () => {
  it('behaves as a map, whatever the numbers', () => {
    // A few numbers, many of which share a slot, and some as large as the wire allows.
    const number = fc.oneof(
      fc.nat(300),
      fc.nat(4).map((nth) => nth * 128 + 5),
      fc.nat(3).map((nth) => Number.MAX_SAFE_INTEGER - nth),
    );
    const step = fc.record({ number, kind: fc.constantFrom('add', 'delete') });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new CallTable<string>();
        const model = new Map<number, string>();
        for (const [index, { number: each, kind }] of steps.entries()) {
          if (kind === 'delete') {
            expect(table.delete(each)).to.equal(model.delete(each));
          } else if (!model.has(each)) {
            table.add(each, String(index));
            model.set(each, String(index));
          }
          expect(table.get(each)).to.equal(model.get(each));
          expect(table.has(each)).to.equal(model.has(each));
          expect(table.size).to.equal(model.size);
        }
        expect(new Set(table.takeAll())).to.deep.equal(new Set(model.values()));
        expect(table.size).to.equal(0);
        expect(table.takeAll()).to.deep.equal([]);
      }),
    );
  });
});
