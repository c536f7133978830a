import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { eventually, refusal, Scratch } from '@patchbay/objects/testing';

import type { Workshop } from '../fixtures/workshop.js';
import { namesIn, ServerProcess } from './server-process.js';

const module = fileURLToPath(new URL('../fixtures/workshop.js', import.meta.url));
const refusing = fileURLToPath(new URL('../fixtures/refusing.js', import.meta.url));
const workshop = { name: 'workshop', module, options: { color: 'red' } };
const reloaded = 'reloaded the configuration';
const failed = 'reload failed; the previous configuration stays in effect';

async function read(file: string): Promise<string> {
  return await readFile(file, 'utf8');
}

describe('A reload of rpcserver', () => {
  it('opens and registers new objects, drains and closes removed ones, and leaves the others alone', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const keys = { nameServer: nameServer.address };
    await using server = await ServerProcess.serving(scratch, keys);
    await using client = connectTo(server.address);
    const going = client.proxy<Workshop>('workshop').work(3_000, scratch.file('going'));
    await eventually(async () => (await read(scratch.file('going'))) === 'begun');

    const further = { name: 'further', module, options: { color: 'blue' } };
    await server.reload(scratch, {
      ...keys,
      objects: [workshop, further],
      limits: { maxCalls: 7 },
      log: { level: 'debug', levels: { registration: 'warn' } },
    });
    await server.logged(reloaded);
    await eventually(async () => (await namesIn(nameServer)).length === 2);
    expect(await client.proxy<Workshop>('further').options()).to.deep.equal({ color: 'blue' });
    expect(server.log.findLast(({ message }) => message === reloaded)).to.deep.include({
      changed: [
        'limits.maxCalls: 1024 -> 7',
        'log.level: "info" -> "debug"',
        'log.levels.registration: nothing -> "warn"',
      ],
      objectsAdded: ['further'],
    });
    await using another = connectTo(server.address);
    const limited = another.proxy<Workshop>('workshop');
    const busy = new AbortController();
    const seven = Array.from({ length: 7 }, () =>
      limited.with({ signal: busy.signal }).work(60_000, scratch.file('many')),
    );
    const eighth = await refusal(limited.with({ timeoutMs: 200 }).work(1, scratch.file('many')));
    expect(eighth.message).to.match(/turn/);
    busy.abort();
    await Promise.allSettled(seven);

    const draining = client.proxy<Workshop>('further').work(300, scratch.file('draining'));
    await eventually(async () => (await read(scratch.file('draining'))) === 'begun');
    await server.reload(scratch, { ...keys, log: { level: 'debug' } });
    expect(await draining).to.equal('finished');
    await server.logged('the workshop is closed');
    expect(await namesIn(nameServer)).to.deep.equal(['workshop']);
    expect((await refusal(client.proxy<Workshop>('further').options())).reason).to.equal('OBJECT_NOT_FOUND');
    expect(await going).to.equal('finished');
    const wrong = server.log.filter(({ level }) => level === 'warn' || level === 'error');
    expect(wrong.map(({ message }) => message)).to.deep.equal([
      'insecure: everybody who can connect by TCP is an admin, and nothing is encrypted',
    ]);
  });

  it('refuses an invalid file with a line that locates the problem, and changes nothing', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const keys = { nameServer: nameServer.address };
    await using server = await ServerProcess.serving(scratch, keys);
    const wrong: [keys: Record<string, unknown>, why: RegExp][] = [
      [{ log: { levle: 'debug' } }, /^rpcserver\.yaml:\d+: log\.levle: unknown key; did you mean "level"\?$/],
      [
        { objects: [workshop, { name: 'a', module: './nowhere.js' }], limits: { maxCalls: 7 } },
        /^rpcserver\.yaml:\d+: objects\[1\]\.module: object "a": there is no module/,
      ],
      [
        {
          objects: [
            { name: 'b', module },
            { name: 'a', module: refusing, options: { size: 1 } },
          ],
        },
        /^rpcserver\.yaml:\d+: objects\[1\]\.options: object "a": option "pool" is required$/,
      ],
    ];
    for (const [index, [changed, why]] of wrong.entries()) {
      await server.reload(scratch, { ...keys, ...changed });
      await eventually(() => server.log.filter(({ message }) => message === failed).length === index + 1);
      expect(server.log.findLast(({ message }) => message === failed)?.why).to.match(why);
    }
    expect(server.log.filter(({ message }) => message === reloaded)).to.deep.equal([]);
    expect(await namesIn(nameServer)).to.deep.equal(['workshop']);
    await using client = connectTo(server.address);
    expect(await client.proxy<Workshop>('workshop').options()).to.deep.equal({ color: 'red' });
    expect((await refusal(client.proxy<Workshop>('b').options())).reason).to.equal('OBJECT_NOT_FOUND');
  });

  it('reports which changes need a restart, and applies the rest', async () => {
    await using nameServer = await TestNameServer.start();
    await using scratch = await Scratch.make();
    const keys = { nameServer: nameServer.address };
    await using server = await ServerProcess.serving(scratch, keys);
    await server.reload(scratch, {
      ...keys,
      listen: '127.0.0.1:1',
      stateDir: './elsewhere',
      objects: [{ ...workshop, options: { color: 'green' }, maxConcurrent: 1 }],
    });
    const notice = await server.loggedLine((message) => message.includes('need a restart'));
    expect(notice.keys).to.deep.equal(['listen', 'stateDir', 'object workshop']);
    await using client = connectTo(server.address);
    const object = client.proxy<Workshop>('workshop');
    expect(await object.options()).to.deep.equal({ color: 'red' });
    const outcomes = await Promise.allSettled([1, 2].map(() => object.work(10, scratch.file('work'))));
    expect(outcomes.filter(({ status }) => status === 'rejected')).to.have.length(1);
  });
}).timeout(60_000);
