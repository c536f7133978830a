import { expect } from 'chai';

import { isUnexplained } from './daemon-logs.js';

const rows: readonly (readonly [line: object | string, isUnexplained: boolean])[] = [
  [{ level: 'info', message: 'provisioned a node' }, false],
  [{ level: 'warn', message: 'no', error: { name: 'RpcError', reason: 'POOL_UNAVAILABLE' } }, false],
  [{ level: 'error', message: 'no', error: { name: 'RpcError', reason: 'UNEXPECTED' } }, true],
  [{ level: 'error', message: 'no', error: { name: 'TypeError', message: 'x is undefined' } }, true],
  ['    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)', true],
];

describe('A line of a log', () => {
  for (const [line, expected] of rows) {
    const text = typeof line === 'string' ? line : JSON.stringify(line);
    it(`is ${expected ? 'not ' : ''}explained by an accident: ${text.trim()}`, () => {
      expect(isUnexplained(text)).to.equal(expected);
    });
  }
});
