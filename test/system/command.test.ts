import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

const MiB = 2 ** 20;

/** Matches the end of a progress bar in the output of a pseudo-terminal. */
const bar = /\[#+-*\] +\d+%/;

describeSystem('The rpcclient command', ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'script'], () => {
  const patchbay = shared(() => Patchbay.start());
  let source: string;

  before(async () => {
    await patchbay().importImage('ubuntu', 16 * MiB);
    source = `server:${await patchbay().makeSource('second.qcow2', 48 * MiB)}`;
  });

  const results: readonly (readonly [words: readonly string[], check: (value: unknown) => void])[] = [
    [
      ['provision', 'node7', 'ubuntu'],
      (value) => expect(value).to.include({ node: 'node7', state: 'ready' }),
    ],
    [['list_all_images'], (value) => expect(value).to.have.nested.property('[0].sizeBytes', 16 * MiB)],
    [['list_nodes'], (value) => expect(value).to.have.nested.property('[0].node', 'node7')],
    [['show_credentials', 'node7'], (value) => expect(value).to.have.property('chapSecret').of.length(16)],
    [['create_snapshot', 'node7', 's'], (value) => expect(value).to.include({ node: 'node7', name: 's' })],
    [['list_snapshots', 'node7'], (value) => expect(value).to.have.nested.property('[0].name', 's')],
    [['delete_snapshot', 'node7', 's'], (value) => expect(value).to.include({ deleted: true })],
    [['detach_node', 'node7'], (value) => expect(value).to.include({ detached: true, diskKept: false })],
    [['reconcile'], (value) => expect(value).to.have.property('failed').deep.equal([])],
  ];
  for (const [words, check] of results) {
    it(`prints one JSON value and nothing else: ${words.join(' ')} --json`, async () => {
      const { status, stdout, stderr } = await patchbay().rpcclient('--json', ...words);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(/^[^\n]*\n$|^[[{][^]*[\]}]\n$/);
      check(JSON.parse(stdout));
    });
  }

  it('prints nothing on standard output for a failed call with --json', async () => {
    const outcome = await patchbay().rpcclient('--json', 'show_node', 'nobody');
    expect(outcome).to.include({ status: 3, stdout: '' });
    expect(JSON.parse(outcome.stderr)).to.include({ code: 'NOT_FOUND', reason: 'NODE_NOT_FOUND' });
  });

  it('shows every method of the storage object in its help', async () => {
    const { methods } = await patchbay().client.describe('storage');
    expect(methods).to.have.length.above(10);
    // It shows why there are none where the object does not answer within 2 s, as on a busy machine.
    await eventually(async () => {
      const { status, stdout } = await patchbay().rpcclient('--help');
      expect(status).to.equal(0);
      const missing = methods.filter(({ name }) => !new RegExp(`^ +${name}\\b`, 'm').test(stdout));
      expect(missing).to.deep.equal([]);
    }, 20_000);
  });

  it('explains each method with its arguments and options', async () => {
    const { methods } = await patchbay().client.describe('storage');
    for (const { name, summary, args, options } of methods) {
      const { status, stdout, stderr } = await patchbay().rpcclient(name, '--help');
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(new RegExp(`^Usage: rpcclient ${name}\\b`));
      const text = stdout.replace(/\s+/g, ' ');
      expect(text).to.include(summary);
      for (const { placeholder } of args) {
        expect(text).to.include(placeholder);
      }
      for (const { flag } of options) {
        expect(text).to.include(flag);
      }
    }
  });

  it('draws the progress of an import on a terminal, and erases it at the end', async () => {
    const command = `rpcclient import_image on-terminal ${source}`;
    const { status, stdout } = await patchbay().run(['script', '-qec', command, '/dev/null']);
    expect(status, stdout).to.equal(0);
    expect(stdout).to.match(bar);
    const left = stdout.split('\u001b[K').at(-1) ?? '';
    expect(left).to.match(/^name +on-terminal/);
    expect(left).to.not.match(bar);
  });

  it('draws no progress if its output is piped', async () => {
    const { status, stdout, stderr } = await patchbay().rpcclient('import_image', 'piped', source);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(stdout).to.match(/^name +piped\n/);
    expect(stdout).to.not.match(bar);
  });
});
