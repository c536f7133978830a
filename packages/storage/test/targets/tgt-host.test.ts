import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, refusal, requireTools } from '@patchbay/objects/testing';

import type { Iqn } from '../../src/names.js';
import type { TargetSpec } from '../../src/targets/target-host.js';
import { markerOf } from '../../src/targets/secret-marker.js';
import { serve } from '../../src/targets/tgt/export.js';
import { inquire } from './initiators.js';
import { prefix, Scene } from './scene.js';

describe('the targets of a tgtd of our own', function () {
  this.timeout(60_000);

  let scene: Scene;
  before(function () {
    requireTools(this, 'tgtd', 'iscsi-inq', 'iscsi-ls', 'qemu-io');
  });
  beforeEach(async () => {
    scene = await Scene.create();
  });
  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('serves an exported disk to its node, which reads what it wrote', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    const disk = await scene.open(spec);
    await disk.use(0x5a);
    await disk.run('flush', /./);
    expect((await readFile(spec.backingPath)).subarray(0, 2 ** 20).every((byte) => byte === 0x5a)).to.equal(
      true,
    );
  });

  it('lists what is exported and who is connected', async () => {
    const host = await scene.startHost();
    const spec = await scene.disk(1);
    await host.ensureExported(spec);
    await scene.open(spec);
    const [state, ...others] = await host.list();
    expect(others).to.deep.equal([]);
    expect(state).to.deep.equal({
      daemon: 0,
      tid: 1,
      iqn: spec.iqn,
      online: true,
      backingPaths: new Map([[1, spec.backingPath]]),
      accounts: [spec.chap.user],
      initiators: [spec.initiator],
      connections: [
        {
          sid: state?.connections[0]?.sid,
          cid: 0,
          initiator: spec.initiator,
          address: '127.0.0.1',
          sinceMs: state?.connections[0]?.sinceMs,
        },
      ],
      readOnly: false,
      secretMarker: markerOf(spec),
    });
    const since = state?.connections[0]?.sinceMs ?? 0;
    expect(Date.now() - since).to.be.within(0, 60_000);
    expect((await host.list())[0]?.connections[0]?.sinceMs).to.equal(since);
  });

  describe('exporting', () => {
    it('leaves an export that already matches untouched, with its session', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      const disk = await scene.open(spec);
      const before = await host.list();
      await host.ensureExported({ ...spec });
      expect(await host.list()).to.deep.equal(before);
      await disk.use(1);
    });

    it('creates several at once', async () => {
      const host = await scene.startHost();
      const specs = await Promise.all([1, 2, 3, 4, 5, 6].map((tid) => scene.disk(tid)));
      await Promise.all(specs.map((spec) => host.ensureExported(spec)));
      const answers = await Promise.all(specs.map((spec) => inquire(scene.portal, spec)));
      expect(answers.every((answer) => answer.includes('Product:VIRTUAL-DISK'))).to.equal(true);
    });

    it('creates one when the same is requested twice at once', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await Promise.all([host.ensureExported(spec), host.ensureExported(spec)]);
      expect((await host.list()).map(({ iqn }) => iqn)).to.deep.equal([spec.iqn]);
    });

    it('puts a target online that something left offline', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await scene.tgtadm().setTargetState(1, 'offline');
      await host.ensureExported(spec);
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });

    it('completes an export that was interrupted halfway', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await scene.tgtadm().newTarget(1, spec.iqn);
      await scene.tgtadm().newAccount(spec.chap.user, 'another-secret');
      await host.ensureExported(spec);
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });

    it('takes the place of another target only while that one is not in use', async () => {
      const host = await scene.startHost();
      const lost = await scene.disk(1);
      await host.ensureExported(lost);
      const spec = { ...(await scene.disk(2)), tid: 1 };
      {
        await using disk = await scene.open(lost);
        const refused = await refusal(host.ensureExported(spec));
        expect(refused).to.include({ reason: 'TARGET_CONFLICT' });
        await disk.use(0x33);
        expect(await host.list()).to.have.lengthOf(1);
      }
      await eventually(async () => (await host.list())[0]?.connections.length === 0);
      await host.ensureExported(spec);
      expect((await host.list()).map(({ iqn }) => iqn)).to.deep.equal([spec.iqn]);
    });

    it('leaves nothing when the file is not there', async () => {
      const host = await scene.startHost();
      const spec = { ...(await scene.disk(1)), backingPath: join(scene.dir, 'missing.img') };
      const error = await refusal(host.ensureExported(spec));
      expect(error.reason).to.equal('TARGET_TOOL_FAILED');
      expect(await host.list()).to.deep.equal([]);
      expect(await scene.tgtadm().accounts()).to.deep.equal([]);
    });

    it('recreates a target that somebody removed behind our back', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await scene.tgtadm().deleteTarget(1);
      await host.ensureExported(spec);
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });

    it('repairs what somebody changed behind our back, after the next full refresh', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await scene.tgtadm().allowInitiator(1, `${prefix}:node.stranger`);
      expect((await host.list())[0]?.initiators).to.have.length(2);
      await host.ensureExported(spec);
      expect((await host.list())[0]?.initiators).to.deep.equal([spec.initiator]);
    });

    it('lets initiators send large PDUs, from before a target serves on, and sets it again without a cut', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      const tgtadm = scene.tgtadm();
      expect(await tgtadm.maxRecvBytes(1)).to.equal(262_144);
      await scene.open(spec);
      const before = await host.list();
      await tgtadm.setMaxRecvBytes(1, 8192);
      await host.ensureExported(spec);
      expect(await tgtadm.maxRecvBytes(1)).to.equal(262_144);
      expect(await host.list()).to.deep.equal(before);

      const calls: string[] = [];
      const recorder = new Proxy(tgtadm, {
        get: (_, name) => () => {
          calls.push(String(name));
          return Promise.resolve();
        },
      });
      await serve(recorder, 1);
      expect(calls).to.deep.equal(['setMaxRecvBytes', 'setTargetState']);
    });

    it('lets them send large PDUs to a target that an earlier version created, once it is adopted', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      await first.ensureExported(await scene.disk(1));
      await scene.tgtadm().setMaxRecvBytes(1, 8192);
      await first.close();
      await scene.startHeldBack();
      expect(await scene.tgtadm().maxRecvBytes(1)).to.equal(262_144);
    });

    describe('what somebody added by hand', () => {
      const rules: readonly (readonly [string, 'initiator-name' | 'initiator-address'])[] = [
        ['ALL', 'initiator-address'],
        ['ALL', 'initiator-name'],
        ['127.0.0.0/8', 'initiator-address'],
        [`${prefix}:node.stranger`, 'initiator-name'],
      ];
      for (const [rule, kind] of rules) {
        it(`removes the rule ${kind}=${rule}, with who came by it; the node's session continues`, async () => {
          const host = await scene.startHost();
          const spec = await scene.disk(1);
          await host.ensureExported(spec);
          const disk = await scene.open(spec);
          await scene.bind(1, `${kind}=${rule}`);
          if (kind === 'initiator-address') {
            await scene.open({ ...spec, initiator: `${prefix}:node.guest` as Iqn });
          }
          const [before] = await host.list();
          expect(before?.initiators).to.have.members([spec.initiator, rule]);
          const [own] = before?.connections.filter(({ initiator }) => initiator === spec.initiator) ?? [];
          expect(before?.connections).to.have.length(kind === 'initiator-address' ? 2 : 1);

          await host.ensureExported(spec);

          const [after] = await host.list();
          expect(after?.initiators).to.deep.equal([spec.initiator]);
          expect(after?.connections).to.deep.equal([own]);
          await disk.use(7);
        });
      }

      it('rebuilds a target that has another account, whichever was bound first', async () => {
        const host = await scene.startHost();
        const spec = await scene.disk(1);
        await host.ensureExported(spec);
        const tgtadm = scene.tgtadm();
        await tgtadm.newAccount('eve', 'secret-of-eve');
        await tgtadm.bindAccount(1, 'eve');
        expect((await host.list())[0]?.accounts).to.have.members([spec.chap.user, 'eve']);

        await host.ensureExported(spec);

        expect((await host.list())[0]?.accounts).to.deep.equal([spec.chap.user]);
        expect(await tgtadm.accounts()).to.deep.equal([spec.chap.user]);
        const eve = { user: 'eve', secret: 'secret-of-eve' };
        expect(await inquire(scene.portal, spec, { chap: eve })).to.include('Authentication failure');
        expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
      });

      it('leaves it, and the sessions, where it is only to be reported', async () => {
        const host = await scene.startHost({ foreignAccess: 'report' });
        const spec = await scene.disk(1);
        await host.ensureExported(spec);
        await scene.bind(1, 'initiator-address=ALL');
        await scene.open({ ...spec, initiator: `${prefix}:node.guest` as Iqn });
        const before = await host.list();

        await host.ensureExported(spec);

        expect(await host.list()).to.deep.equal(before);
        expect(before[0]?.initiators).to.have.members([spec.initiator, 'ALL']);
      });
    });

    const changes: readonly (readonly [
      string,
      (spec: TargetSpec, other: TargetSpec) => Partial<TargetSpec>,
    ])[] = [
      ['its file', (_, other) => ({ backingPath: other.backingPath })],
      ['its LUN', () => ({ lun: 2 })],
      ['its serial', () => ({ serial: 'PB-other' })],
      ['its tid', () => ({ tid: 7 })],
      ['its IQN', () => ({ iqn: `${prefix}:disk.other` as Iqn })],
      ['its initiator', () => ({ initiator: `${prefix}:node.other` as Iqn })],
      ['its CHAP user', () => ({ chap: { user: 'other-user', secret: 'other-secret' } })],
    ];
    for (const [what, change] of changes) {
      it(`rebuilds a target that changed ${what}, and leaves nothing of the old one`, async () => {
        const host = await scene.startHost();
        const spec = await scene.disk(1);
        await host.ensureExported(spec);
        const changed = { ...spec, ...change(spec, await scene.disk(2)) };
        await host.ensureExported(changed);
        expect(await inquire(scene.portal, changed)).to.include('Product:VIRTUAL-DISK');
        expect((await host.list()).length).to.equal(1);
        expect(await scene.tgtadm().accounts()).to.deep.equal([changed.chap.user]);
      });
    }
  });

  describe('removing', () => {
    it('leaves neither target nor account, and does nothing when there is none', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await host.ensureRemoved(spec);
      await host.ensureRemoved(spec);
      expect(await host.list()).to.deep.equal([]);
      expect(await scene.tgtadm().accounts()).to.deep.equal([]);
    });

    it('deletes the account of a removal that was interrupted before it', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await scene.tgtadm().deleteTarget(1);
      await host.ensureRemoved(spec);
      expect(await scene.tgtadm().accounts()).to.deep.equal([]);
    });

    it('leaves another target that has the tid now', async () => {
      const host = await scene.startHost();
      const spec = await scene.disk(1);
      await host.ensureExported(spec);
      await host.ensureRemoved({ daemon: 0, tid: 1, iqn: `${prefix}:disk.former` as Iqn });
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });
  });
});
