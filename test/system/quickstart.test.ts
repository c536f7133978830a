import { expect } from 'chai';
import { join } from 'node:path';

import { root } from '../repository.js';
import { type Outcome, run } from './command.js';
import { describeSystem } from './scratch.js';

const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'iscsi-ls', 'iscsi-inq', 'mkfs.xfs', 'mkfs.ext4'];

describeSystem('The quickstart', tools, () => {
  let outcome: Outcome;

  before(async () => {
    outcome = await run(['node', join(root, 'examples/dist/quickstart/quickstart.js')], {
      cwd: root,
      timeoutMs: 120_000,
    });
  });

  it('shows all that it promises, and says so', () => {
    expect(outcome.status, outcome.stdout + outcome.stderr).to.equal(0);
    expect(outcome.stdout).to.match(/All of it was as it should be, in [\d.]+ s\. Nothing is left/);
  });

  it('takes no more than 30 s where it has the machine for itself', function () {
    const seconds = Number(/as it should be, in ([\d.]+) s/.exec(outcome.stdout)?.[1]);
    // Other work of the machine is not its fault; three times as much would be another matter.
    expect(seconds).to.be.within(1, 90);
    // So that the report of the tests records it.
    this.test!.title += ` (${String(seconds)} s)`;
  });

  it('prints each command as one would type it', () => {
    const commands = outcome.stdout.split('\n').filter((line) => line.startsWith('$ '));
    expect(commands).to.include.members([
      '$ rpcclient provision node1 demo',
      '$ rpcclient create_snapshot node1 before-upgrade',
      '$ rpcclient detach_node node1',
    ]);
  });
});
