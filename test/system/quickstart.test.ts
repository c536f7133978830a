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

  it('shows all that it promises, and reports success', () => {
    expect(outcome.status, outcome.stdout + outcome.stderr).to.equal(0);
    expect(outcome.stdout).to.match(/Everything worked as expected, in [\d.]+ s\. Nothing is left/);
  });

  it('takes no more than 30 s on an otherwise idle machine', function () {
    const seconds = Number(/as expected, in ([\d.]+) s/.exec(outcome.stdout)?.[1]);
    // Allows for other load on the machine, up to three times the limit.
    expect(seconds).to.be.within(1, 90);
    // So that it appears in the report of the tests.
    this.test!.title += ` (${String(seconds)} s)`;
  });

  it('prints each command as a user would type it', () => {
    const commands = outcome.stdout.split('\n').filter((line) => line.startsWith('$ '));
    expect(commands).to.include.members([
      '$ rpcclient provision node1 demo',
      '$ rpcclient create_snapshot node1 before-upgrade',
      '$ rpcclient detach_node node1',
    ]);
  });
});
