import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { maxVariables } from '../src/host-variables.js';
import { variableTexts } from '../src/object/schemas.js';
import { dyingAt, Enroller, local, OpenedAuthority } from './opened-authority.js';

describe('The variables of a host', () => {
  let opened: OpenedAuthority;
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
    await new Enroller().enrol(opened.authority, { name: 'web1' }, local);
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  it('are set and removed one by one', async () => {
    const { variables } = opened.authority;
    await variables.set('web1', { image: 'ubuntu', constructor: 'a=b\nc' });
    await variables.set('web1', { image: 'debian', disk: '20GiB' });
    const { variables: set } = await variables.set('web1', { disk: undefined, none: undefined });
    expect(set).to.deep.equal({ image: 'debian', constructor: 'a=b\nc' });
    expect(variables.show('web1')).to.deep.include({ name: 'web1', state: 'active', variables: set });
  });

  it('are those of a host that is there', async () => {
    await refusal(opened.authority.variables.set('web2', { image: 'ubuntu' }), 'RECORD_NOT_FOUND');
  });

  it('are at most 64, and a set that is too large changes nothing', async () => {
    const { variables } = opened.authority;
    const full = Object.fromEntries(Array.from({ length: maxVariables }, (_, n) => [`v${String(n)}`, 'x']));
    await variables.set('web1', full);
    await refusal(variables.set('web1', { v0: 'y', one: 'more' }), 'RECORDS_EXHAUSTED');
    expect(variables.show('web1').variables).to.deep.equal(full);
    await variables.set('web1', { v0: undefined, one: 'more' });
  });

  it('survive a restart, a backup, and a machine that was installed anew', async () => {
    await opened.authority.variables.set('web1', { image: 'ubuntu' });
    const restore = await opened.backUp();
    await opened.authority.variables.set('web1', { image: 'debian' });
    await opened.restart();
    expect(opened.authority.variables.show('web1').variables).to.deep.equal({ image: 'debian' });
    await restore();
    expect(opened.authority.variables.show('web1').variables).to.deep.equal({ image: 'ubuntu' });
    const { token } = await opened.authority.hosts.replace('web1', 'local');
    await new Enroller().enrol(opened.authority, { token });
    expect(opened.authority.variables.show('web1').variables).to.deep.equal({ image: 'ubuntu' });
  });

  it('are as before where the process ends before they are on disk', async () => {
    await opened.authority.variables.set('web1', { image: 'ubuntu' });
    await opened.stop();
    await opened.start({ wrap: dyingAt(1, 'before') });
    const failed = opened.authority.variables
      .set('web1', { image: 'debian' })
      .catch((error: unknown) => error);
    expect(await failed).to.be.an('error');
    await opened.stop();
    await opened.start();
    expect(opened.authority.variables.show('web1').variables).to.deep.equal({ image: 'ubuntu' });
  });

  it('are told of active hosts, and only those that are asked for', async () => {
    const { variables, hosts } = opened.authority;
    await new Enroller().enrol(opened.authority, { name: 'web2' }, local);
    await hosts.setLabels('web1', { role: 'db' });
    await variables.set('web1', { image: 'ubuntu', disk: '20GiB' });
    const [first, second] = variables.members({ limit: 9 }, ['image', 'constructor']);
    expect(first).to.deep.include({
      name: 'web1',
      groups: [],
      labels: { role: 'db' },
      variables: { image: 'ubuntu' },
    });
    expect(second).to.deep.include({ name: 'web2', variables: {} });
    await hosts.revoke('web1', 'local');
    expect(variables.members().map(({ name }) => name)).to.deep.equal(['web2']);
  });

  for (const [text, trouble] of [
    ['image=ubuntu', undefined],
    ['image=', undefined],
    [`image=${'é'.repeat(512)}`, undefined],
    [`image=${'é'.repeat(513)}`, 'at most 1 KiB'],
    ['image=a\0b', 'must not have NUL'],
    ['image', 'must be KEY=VALUE'],
    ['=ubuntu', 'must be at most 63 of'],
    ['__proto__=x', 'must be at most 63 of'],
    ['Image=x', 'must be at most 63 of'],
  ] as const) {
    it(`${trouble === undefined ? 'take' : 'do not take'} ${text.slice(0, 12)}, of ${String(text.length)} characters`, () => {
      const [issue] = variableTexts.safeParse([text]).error?.issues ?? [];
      expect(issue?.message ?? '').to.contain(trouble ?? '');
      expect(issue === undefined).to.equal(trouble === undefined);
    });
  }
});
