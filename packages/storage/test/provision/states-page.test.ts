import { readFile } from 'node:fs/promises';

import { expect } from 'chai';

import { nodeStateNames, nodeStates } from '../../src/provision/node-states.js';
import { volumeStates } from '../../src/provision/volume-states.js';

const reference = new URL('../../../../../docs/reference/storage.md', import.meta.url);

/** Reads the cells of the rows that begin with a state, below a heading of the reference. */
async function rowsBelow(header: string): Promise<readonly (readonly string[])[]> {
  const text = await readFile(reference, 'utf8');
  const lines = text.split('\n');
  const start = lines.findIndex((line) => cellsOf(line).join(' | ') === header);
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, start + length).map(cellsOf);
}

function cellsOf(line: string): readonly string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

describe('The states in docs/reference/storage.md', () => {
  it('of nodes are those of the code', async () => {
    const expected = nodeStateNames.map((name) => {
      const { means, exported, disk, answer, recovery } = nodeStates[name];
      const [steps, outcome] =
        recovery === 'at rest' ? ['at rest', ''] : [recovery.steps, outcomeText(recovery.outcome)];
      const reply = answer === 'ready' ? 'the disk' : `\`${answer}\``;
      return [`\`${name}\``, means, exported ? 'yes' : 'no', disk, reply, steps, outcome];
    });

    const header = 'State | Means | Exported | Disk | A request gets | The reconciler | Outcome';
    expect(await rowsBelow(header)).to.deep.equal(expected);
  });

  it('of images, snapshots and disks in the trash are those of the code', async () => {
    const expected = Object.entries(volumeStates).map(([name, recovery]) =>
      recovery === 'at rest'
        ? [`\`${name}\``, 'at rest', '']
        : [`\`${name}\``, recovery.steps, outcomeText(recovery.outcome)],
    );

    expect(await rowsBelow('State | The reconciler | Outcome')).to.deep.equal(expected);
  });
});

function outcomeText(outcome: string | { readonly finishedIf: string }): string {
  if (typeof outcome === 'string') {
    return outcome.replace('-', ' ');
  }
  return `finished if ${outcome.finishedIf}, otherwise rolled back`;
}
