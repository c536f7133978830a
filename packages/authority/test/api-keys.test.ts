import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import type { PolicyDocument, PolicyEvent } from '@patchbay/objects';
import { deriveKey, parseApiKey } from '@patchbay/objects/identity';
import { refusal } from '@patchbay/objects/testing';

import { maxApiKeys } from '../src/api-keys.js';
import { OpenedAuthority } from './opened-authority.js';

describe('The API keys of users', () => {
  let opened: OpenedAuthority;
  beforeEach(async () => {
    opened = await OpenedAuthority.open();
    await opened.userToken('bot');
  });
  afterEach(() => opened[Symbol.asyncDispose]());

  /** Watches the policy as a host, or as an admin. */
  function watch(
    host: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<PolicyEvent, void, undefined> {
    const { feed, clock } = opened.authority;
    return feed.watch({ host, signal, sleep: (ms, options) => clock.sleep(ms, options) });
  }

  async function documentFor(host: string | undefined): Promise<PolicyDocument> {
    const done = new AbortController();
    const { value } = await watch(host, done.signal).next();
    done.abort();
    return value?.type === 'document' ? value.document : expect.fail();
  }

  it('are shown once, and kept sealed', async () => {
    const { apiKeys } = opened.authority;
    const made = await apiKeys.create('bot', 'local');
    const { secret = '' } = parseApiKey(made.key) ?? {};
    expect(secret).to.have.lengthOf(43);
    expect(apiKeys.list('bot')).to.deep.equal([
      { id: made.id, user: 'bot', madeBy: 'local', madeAt: new Date(opened.clock.now()).toISOString() },
    ]);
    await opened.stop();
    for (const file of ['store.sqlite', 'store.sqlite-wal']) {
      const content = readFileSync(join(opened.directory, file), { flag: 'a+' });
      expect(content.includes(secret)).to.equal(false);
      expect(content.includes(Buffer.from(secret, 'base64url'))).to.equal(false);
    }
  });

  it('are told to each host as its own, and to nobody as they are', async () => {
    const { apiKeys, cluster } = opened.authority;
    const { id, key } = await apiKeys.create('bot', 'local');
    const { secret = '' } = parseApiKey(key) ?? {};
    await opened.restart();
    const told = await Promise.all(['host:web1', 'host:web2', undefined].map(documentFor));
    expect(told.map(({ keys }) => keys)).to.deep.equal([
      ...['host:web1', 'host:web2'].map((host) => [
        { id, principal: 'user:bot', key: deriveKey(secret, cluster, host).toString('base64url') },
      ]),
      undefined,
    ]);
    expect(JSON.stringify(told)).not.to.contain(secret);
    expect(told[0]?.keys).not.to.deep.equal(told[1]?.keys);
  });

  it('reach hosts that watch as they are made, and go as they are removed; their use is told to none', async () => {
    const { apiKeys } = opened.authority;
    const done = new AbortController();
    const events = watch('host:web1', done.signal);
    await events.next();
    const { id } = await apiKeys.create('bot', 'local');
    const added = (await events.next()).value;
    expect(added).to.have.nested.property('change.keys[0].id', id);
    await apiKeys.noteUse(id);
    expect(await apiKeys.remove('bot', id, 'local')).to.equal(true);
    expect((await events.next()).value).to.have.deep.nested.property('change.removedKeys', [id]);
    expect(await apiKeys.remove('bot', id, 'local')).to.equal(false);
    done.abort();
  });

  it('make callers of the name server, as long as their user is active', async () => {
    const { apiKeys, policy, users } = opened.authority;
    const { id } = await apiKeys.create('bot', 'local');
    expect(policy.keys.find(id, 'peer')?.caller.principal).to.equal('user:bot');
    await users.setState('bot', 'disabled', 'local');
    expect(policy.keys.find(id, 'peer')).to.equal(undefined);
    await users.setState('bot', 'active', 'local');
    expect(policy.keys.find(id, 'peer')?.caller.principal).to.equal('user:bot');
  });

  it('stay removed where a backup has them still', async () => {
    const { apiKeys, policy } = opened.authority;
    const { id } = await apiKeys.create('bot', 'local');
    const { records } = opened.authority;
    const value = records.get('key', id);
    await apiKeys.remove('bot', id, 'local');
    const { revocations = [] } = policy.document;
    expect(revocations.map(({ what }) => what)).to.include(`key:${id}`);
    await records.change(() => ({
      changes: [
        { kind: 'key', name: id, value },
        { kind: 'revocation', name: `key:${id}`, value: undefined },
      ],
      result: undefined,
    }));
    expect(policy.keys.find(id, 'peer')).not.to.equal(undefined);
    await opened.authority.revocations.takeOver(revocations, 'host:web1');
    expect(policy.keys.find(id, 'peer')).to.equal(undefined);
  });

  it('are known to be used, to the hour', async () => {
    const { apiKeys, records } = opened.authority;
    const { id } = await apiKeys.create('bot', 'local');
    await opened.clock.advance(90 * 60_000);
    await apiKeys.noteUse(id);
    const { revision } = records;
    await apiKeys.noteUse(id);
    expect(records.revision).to.equal(revision);
    expect(apiKeys.list()[0]?.lastUsedAt).to.match(/T01:00:00.000Z$/);
  });

  it('are of users that there are, and no more than so many', async () => {
    const { apiKeys } = opened.authority;
    await refusal(apiKeys.create('nobody', 'local'), 'RECORD_NOT_FOUND');
    for (let count = 0; count < maxApiKeys; count += 1) {
      await apiKeys.create('bot', 'local');
    }
    await refusal(apiKeys.create('bot', 'local'), 'RECORDS_EXHAUSTED');
  });
});
