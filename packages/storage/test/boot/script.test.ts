import { expect } from 'chai';

import { bootScript, chainScript, refusalScript, retryWithMacScript } from '../../src/boot/script.js';
import type { ExportedNode } from '../../src/catalog/tables.js';
import { World } from '../fakes/world.js';

const portal = { host: '10.20.0.1', port: 3260 };

async function someNode(): Promise<ExportedNode> {
  await using world = await World.open();
  const machine = await world.startWithImage();
  return await machine.provision('node7', 'ubuntu', { mac: '52:54:00:00:00:07' });
}

describe('a boot script', () => {
  it('logs in as the node and boots from its disk', async () => {
    const record = await someNode();
    const { iqn, initiator, chap } = record.target;

    const lines = bootScript(record, portal).split('\n');

    expect(lines[0]).to.equal('#!ipxe');
    expect(lines).to.include.members([
      `set username ${chap.user}`,
      `set password ${chap.secret}`,
      `set initiator-iqn ${initiator}`,
      'set keep-san 1',
      `sanboot --keep iscsi:10.20.0.1::3260:1:${iqn} ||`,
    ]);
  });

  it('retries several times with growing delays, and then returns to the script that fetched it', async () => {
    const script = bootScript(await someNode(), portal);

    const waits = [...script.matchAll(/^sleep (\d+)$/gm)].map(([, seconds]) => Number(seconds));

    expect(waits.length).to.be.greaterThan(2);
    expect([...waits].sort((a, b) => a - b)).to.deep.equal(waits);
    expect(script).to.match(/\nclear password\nexit 1\n$/);
  });

  it('writes the LUN in hexadecimal, and an IPv6 address in brackets', async () => {
    const record = await someNode();
    const far = { ...record, target: { ...record.target, lun: 26 } };

    expect(bootScript(far, { host: 'fd00:20::1', port: 3261 })).to.include(`iscsi:[fd00:20::1]::3261:1a:`);
  });

  for (const secret of ['two words', '${net0/mac}', 'a;b', 'a\nshell', 'a||b', '']) {
    it(`is not made from a secret that iPXE would not take literally: ${JSON.stringify(secret)}`, async () => {
      const record = await someNode();
      const chap = { ...record.target.chap, secret };
      const bad = { ...record, target: { ...record.target, chap } };

      expect(() => bootScript(bad, portal)).to.throw('characters');
    });
  }

  it('of another kind contains no more than it needs', () => {
    expect(chainScript(undefined)).to.include('chain boot/${netX/mac:hexhyp} ||');
    expect(chainScript('abc')).to.include('chain boot/${netX/mac:hexhyp}?token=abc ||');
    expect(retryWithMacScript('node7', undefined)).to.equal(
      '#!ipxe\nchain --replace node7?mac=${netX/mac:hexhyp}\n',
    );
    expect(retryWithMacScript('node7', 'abc')).to.include('&token=abc');
    expect(refusalScript('no')).to.equal('#!ipxe\necho Patchbay: no\nexit 1\n');
  });
});
