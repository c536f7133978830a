import { expect } from 'chai';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { TestNameServer } from '@patchbay/nameserver/testing';
import type { MethodSignature } from '@patchbay/objects';
import { eventually, freePort, refusal, Scratch } from '@patchbay/objects/testing';
import { connect } from '@patchbay/rpcclient';

import { root } from '../repository.js';
import { Daemon } from '../system/daemon.js';

const module = join(root, 'packages/rpcclient/dist/test/fixtures/bell.js');

/** Adds a line to a file; the first time it then takes for ever, later it gives the number of lines. */
interface Bell {
  /** Idempotent. */
  ring: MethodSignature<[file: string], number>;
  ring_once: MethodSignature<[file: string], number>;
}

/** Two server processes that share the name of a bell. */
class Belfry implements AsyncDisposable {
  readonly nameServer: TestNameServer;
  readonly scratch: Scratch;
  readonly #servers = new Map<string, Daemon>();

  private constructor(nameServer: TestNameServer, scratch: Scratch) {
    this.nameServer = nameServer;
    this.scratch = scratch;
  }

  static async build(): Promise<Belfry> {
    const belfry = new Belfry(await TestNameServer.start(), await Scratch.make());
    try {
      for (const place of ['a', 'b']) {
        await belfry.#start(place);
      }
      await eventually(async () => {
        const record = await belfry.nameServer.registry.lookup('bell');
        return record.endpoints.length === 2;
      }, 60_000);
    } catch (error) {
      await belfry[Symbol.asyncDispose]();
      throw error;
    }
    return belfry;
  }

  /** Returns the process that listens at an address. */
  at(address: string | undefined): Daemon {
    const server = this.#servers.get(address ?? '');
    if (server === undefined) {
      throw new Error(`no server at ${String(address)}`);
    }
    return server;
  }

  async ringsIn(file: string): Promise<number> {
    return (await readFile(file, 'utf8')).split('\n').length - 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) {
      await server.kill();
    }
    await this.nameServer[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }

  async #start(place: string): Promise<void> {
    const listen = `127.0.0.1:${String(await freePort())}`;
    const configuration = this.scratch.file(`${place}.yaml`);
    const keys = {
      nameServer: this.nameServer.address,
      listen,
      insecure: true,
      stateDir: `./${place}`,
      objects: [{ name: 'bell', module, shared: true }],
    };
    await writeFile(configuration, JSON.stringify(keys));
    const words = ['rpcserver', 'start', '--config', configuration];
    this.#servers.set(listen, await Daemon.start(words, this.scratch.file(`${place}.log`)));
  }
}

describe('A call whose server', function () {
  this.timeout(120_000);

  it('is killed ends at once, not at its deadline, and has run once', async () => {
    await using belfry = await Belfry.build();
    await using client = connect({ nameServer: belfry.nameServer.address, insecure: true });
    const file = belfry.scratch.file('rings');
    const call = client.proxy<Bell>('bell').ring_once(file);
    const failing = refusal(call);
    await eventually(async () => (await belfry.ringsIn(file)) === 1);
    const killedAt = performance.now();
    await belfry.at(call.endpoint).kill();
    const error = await failing;
    expect(performance.now() - killedAt).to.be.below(5_000);
    expect(`${error.code} ${error.reason}`).to.equal('UNAVAILABLE CONNECTION_LOST');
    expect(error.message).to.include('bell.ring_once may or may not have run');
    expect(await client.proxy<Bell>('bell').ring_once(file)).to.equal(2); // by the other one, as it was asked to
    expect(await belfry.ringsIn(file)).to.equal(2);
  });

  it('is killed succeeds on the other one of the name, if it may run twice', async () => {
    await using belfry = await Belfry.build();
    await using client = connect({ nameServer: belfry.nameServer.address, insecure: true });
    const files = Array.from({ length: 40 }, (_, index) => belfry.scratch.file(`rings-${String(index)}`));
    const calls = files.map((file) => client.proxy<Bell>('bell').ring(file));
    await eventually(async () =>
      (await Promise.all(files.map((file) => belfry.ringsIn(file)))).every((rings) => rings === 1),
    );
    const killed = calls[0]?.endpoint;
    const lost = calls.filter(({ endpoint }) => endpoint === killed);
    const killedAt = performance.now();
    await belfry.at(killed).kill();
    expect(await Promise.all(lost)).to.deep.equal(lost.map(() => 2));
    expect(performance.now() - killedAt).to.be.below(10_000);
    expect(lost).to.have.length(20);
    expect(new Set(lost.map(({ endpoint }) => endpoint))).not.to.include(killed);
    for (const call of calls) {
      call.cancel();
    }
  });

  it('is stopped with its connections open ends at the default deadline of its client', async () => {
    await using belfry = await Belfry.build();
    await using client = connect({ nameServer: belfry.nameServer.address, insecure: true, timeoutMs: 2_000 });
    const file = belfry.scratch.file('rings');
    const bell = client.proxy<Bell>('bell').with({ timeoutMs: 60_000 });
    const first = bell.ring(file);
    await eventually(async () => (await belfry.ringsIn(file)) === 1);
    belfry.at(first.endpoint).freeze();
    first.cancel();
    // In turn: one of two calls in a row goes to the stopped one, whose session stands.
    const calledAt = performance.now();
    const outcomes = await Promise.allSettled([1, 2].map(() => client.proxy<Bell>('bell').ring(file)));
    const reasons = outcomes.map((each) => each.status === 'rejected' && (each.reason as Error & { reason: string }).reason); // prettier-ignore
    expect(reasons.filter((reason) => reason !== false)).to.deep.equal(['DEADLINE_PASSED']);
    expect(performance.now() - calledAt).to.be.within(1_900, 10_000);
  });
});
