import { expect } from 'chai';

import { BootAnswers, type BootOutcome } from '../../src/boot/answer.js';
import { BootEndpoint, type EndpointContent } from '../../src/boot/endpoint.js';
import { Health } from '../../src/boot/health.js';
import { type BootOptions, bootOptions } from '../../src/boot/options.js';
import { bootTokens } from '../../src/catalog/tables.js';
import { type Machine } from '../fakes/machine.js';
import { World } from '../fakes/world.js';

const mac = '52:54:00:00:00:07';

/** What came back. */
interface Fetched {
  readonly status: number;
  readonly body: string;
}

/** An endpoint on a world with the node `node7`, which has the card `mac`, and `other`, which has none. */
class Scene implements AsyncDisposable {
  readonly world: World;
  readonly machine: Machine;
  readonly endpoint: BootEndpoint;
  readonly content: EndpointContent;
  readonly outcomes: readonly BootOutcome[];

  private constructor(
    made: Pick<Scene, 'world' | 'machine' | 'content' | 'outcomes'>,
    endpoint: BootEndpoint,
  ) {
    this.world = made.world;
    this.machine = made.machine;
    this.content = made.content;
    this.outcomes = made.outcomes;
    this.endpoint = endpoint;
  }

  static async open(options: Partial<BootOptions> = {}): Promise<Scene> {
    const world = await World.open();
    world.bootTokens = options.token ?? false;
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu', { mac });
    await machine.provision('other', 'ubuntu');
    const outcomes: BootOutcome[] = [];
    const { parts } = machine;
    const { log } = world;
    const answers = new BootAnswers({
      parts,
      options: bootOptions.parse({ advertise: '10.20.0.1', ...options }),
      fetched: (outcome) => outcomes.push(outcome),
      freshen: (node) => machine.freshen(node),
    });
    const content: EndpointContent = {
      answers,
      health: new Health({ targets: () => parts.targets.list(0) }, { clock: world.clock, log }),
      metrics: { contentType: 'text/plain', text: () => Promise.resolve('numbers 1\n') },
      log,
    };
    const endpoint = await BootEndpoint.start('127.0.0.1:0', content);
    return new Scene({ world, machine, content, outcomes }, endpoint);
  }

  async fetch(path: string, method = 'GET'): Promise<Fetched> {
    const response = await fetch(`http://${this.endpoint.address}${path}`, { method });
    return { status: response.status, body: await response.text() };
  }

  async secret(): Promise<string> {
    return (await this.machine.provision('node7', 'ubuntu', { mac })).target.chap.secret;
  }

  /** The token that a node has. */
  token(node = 'node7'): Promise<string | undefined> {
    return this.machine.parts.catalog.get(bootTokens, node);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endpoint[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

describe('the boot endpoint', () => {
  it('gives a node whose disk is ephemeral a fresh one with its script', async () => {
    await using scene = await Scene.open();
    const { world, machine } = scene;
    const card = '52:54:00:00:00:08';
    const { disk } = await machine.provision('node8', 'ubuntu', { mac: card, ephemeral: true });
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'of the last boot');

    expect(await scene.fetch(`/boot/${card}`)).to.have.property('status', 200);

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('gives no script, and keeps the token, while an ephemeral disk cannot be cloned anew', async () => {
    await using scene = await Scene.open({ token: true });
    const { world, machine } = scene;
    const card = '52:54:00:00:00:08';
    await machine.provision('node8', 'ubuntu', { mac: card, ephemeral: true });
    const token = (await scene.token('node8')) ?? '';
    world.pool.onClone = () => Promise.reject(new Error('full'));

    expect(await scene.fetch(`/boot/${card}?token=${token}`)).to.have.property('status', 503);
    world.pool.onClone = () => Promise.resolve();
    expect(await scene.fetch(`/boot/${card}?token=${token}`)).to.have.property('status', 200);
    expect(await scene.token('node8')).to.equal(undefined);
  });

  const ways = [
    ...['52:54:00:00:00:07', '52-54-00-00-00-07', '525400000007', '52%3A54%3A00%3a00%3a00%3a07'],
    'node7?mac=52-54-00-00-00-07',
    'node7?mac=52%3A54%3A00%3A00%3A00%3A07',
  ];
  for (const way of ways) {
    it(`gives a node its script at /boot/${way}, and logs it without the secret`, async () => {
      await using scene = await Scene.open();

      const { status, body } = await scene.fetch(`/boot/${way}`);

      expect(status).to.equal(200);
      expect(body).to.include(`set password ${await scene.secret()}\n`);
      expect(body).to.include('iscsi:10.20.0.1::3260:1:');
      const line = scene.world.log.lines.find(({ message }) => message === 'a boot script was fetched');
      expect(line?.fields).to.include({ node: 'node7', mac, peer: '127.0.0.1' });
      expect(JSON.stringify(scene.world.log.lines)).to.not.include(await scene.secret());
    });
  }

  const refusals: readonly (readonly [path: string, status: number])[] = [
    ['52:54:00:00:00:08', 404],
    ['node8', 404],
    ['other?mac=52-54-00-00-00-07', 403],
    ['node7?mac=52-54-00-00-00-08', 403],
    ['node7?mac=nonsense', 403],
    ['..%2f..%2fetc%2fpasswd', 404],
    ['%00', 404],
    ['x'.repeat(90), 404],
    ['x'.repeat(5000), 414],
    ['%zz', 400],
    ['', 404],
    ['node7/more', 404],
  ];
  for (const [path, status] of refusals) {
    it(`answers ${String(status)} with a script to /boot/${path.slice(0, 40)}`, async () => {
      await using scene = await Scene.open();

      const answer = await scene.fetch(`/boot/${path}`);

      expect(answer.status).to.equal(status);
      expect(answer.body).to.match(/^#!ipxe\necho Patchbay: .+\nexit 1\n$/);
    });
  }

  it('asks a node that is named for its card first', async () => {
    await using scene = await Scene.open();

    const { status, body } = await scene.fetch('/boot/node7');

    expect(status).to.equal(200);
    expect(body).to.equal('#!ipxe\nchain --replace node7?mac=${netX/mac:hexhyp}\n');
  });

  it('sends every card on to its own script', async () => {
    await using scene = await Scene.open();
    expect((await scene.fetch('/boot.ipxe')).body).to.include('chain boot/${netX/mac:hexhyp} ||');
    expect((await scene.fetch('/boot.ipxe?token=a%0Ashell')).body).to.not.include('token');
  });

  it('says nothing of a node that has no disk to boot from any more', async () => {
    await using scene = await Scene.open();
    await scene.machine.detach('node7', true);
    expect((await scene.fetch(`/boot/${mac}`)).status).to.equal(404);
    expect((await scene.fetch(`/boot/node7?mac=${mac}`)).status).to.equal(503);
  });

  it('refuses an address outside of the networks, whatever it asks for', async () => {
    await using scene = await Scene.open({ networks: ['10.20.0.0/16'] });

    expect((await scene.fetch(`/boot/${mac}`)).status).to.equal(403);
    expect((await scene.fetch('/boot/unknown')).status).to.equal(403);
    expect(scene.outcomes).to.deep.equal(['outside', 'outside']);
  });

  it('bounds how often an address may ask', async () => {
    await using scene = await Scene.open();

    const answers = [];
    for (let n = 0; n < 62; n++) {
      answers.push(await scene.fetch('/boot/52:54:00:00:00:08'));
    }

    expect(answers.map(({ status }) => status)).to.deep.equal([...Array<number>(60).fill(404), 429, 429]);
    const told = scene.world.log.lines.filter(({ message }) => message.startsWith('too many requests'));
    expect(told).to.have.length(1);
  });

  it('gives a script for a token once', async () => {
    await using scene = await Scene.open({ token: true });
    const path = `/boot/${mac}?token=${String(await scene.token())}`;

    const statuses = [(await scene.fetch(path)).status, (await scene.fetch(path)).status];

    expect(statuses).to.deep.equal([200, 403]);
    expect(await scene.token()).to.equal(undefined);
  });

  it('gives a script for a token once also when it is asked for many times at the same moment', async () => {
    await using scene = await Scene.open({ token: true });
    const path = `/boot/${mac}?token=${String(await scene.token())}`;

    const answers = await Promise.all(Array.from({ length: 8 }, () => scene.fetch(path)));

    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  for (const [what, query] of [
    ['without a token', ''],
    ['for a wrong token', '?token=00000000000000000000000000000000'],
    ['for two tokens', '?token=TOKEN&token=TOKEN'],
    ['for what is no token', '?token=%00'],
  ] as const) {
    it(`gives none ${what}, and leaves the token as it is`, async () => {
      await using scene = await Scene.open({ token: true });
      const token = String(await scene.token());

      const { status } = await scene.fetch(`/boot/${mac}${query.replaceAll('TOKEN', token)}`);

      expect(status).to.equal(403);
      expect(await scene.token()).to.equal(token);
      expect(JSON.stringify(scene.world.log.lines)).to.not.include(token);
    });
  }

  it("does not take another node's token", async () => {
    await using scene = await Scene.open({ token: true });
    const others = String(await scene.token('other'));
    expect((await scene.fetch(`/boot/${mac}?token=${others}`)).status).to.equal(403);
    expect(await scene.token('other')).to.equal(others);
  });

  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`uses up no token for ${method}`, async () => {
      await using scene = await Scene.open({ token: true });
      const token = String(await scene.token());

      const { status } = await scene.fetch(`/boot/${mac}?token=${token}`, method);

      expect(status).to.equal(404);
      expect(await scene.token()).to.equal(token);
    });
  }

  it('tells its health, and 503 with what is wrong', async () => {
    await using scene = await Scene.open();
    expect((await scene.fetch('/healthz')).status).to.equal(200);
    expect(await scene.fetch('/healthz', 'HEAD')).to.deep.equal({ status: 200, body: '' });

    scene.world.targets.available = false;
    await scene.world.clock.advance(1000);

    const { status, body } = await scene.fetch('/healthz');
    expect(status).to.equal(503);
    expect(JSON.parse(body)).to.deep.include({ status: 'not-serving' });
    expect(body).to.include('TARGET_TOOL_UNAVAILABLE');
  });

  it('gives the metrics as they are', async () => {
    await using scene = await Scene.open();
    expect(await scene.fetch('/metrics')).to.deep.equal({ status: 200, body: 'numbers 1\n' });
  });

  it('says so when the address is taken', async () => {
    await using scene = await Scene.open();
    const second = BootEndpoint.start(scene.endpoint.address, scene.content);
    expect(await second.catch((error: unknown) => error)).to.have.property('reason', 'BOOT_UNAVAILABLE');
  });
});
