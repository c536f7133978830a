import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';

import { FakeClock, refusal, Scratch } from '@patchbay/objects/testing';

import { type BootEndpoint, type BootEndpointOptions, startBootEndpoint } from '../../src/boot/endpoint.js';
import { Health } from '../../src/boot/health.js';
import { type BootOptions, bootOptions } from '../../src/boot/options.js';
import { type BootOutcome, BootScriptHandler } from '../../src/boot/script-handler.js';
import { bootTokens } from '../../src/catalog/tables.js';
import type { Machine } from '../fakes/machine.js';
import { World } from '../fakes/world.js';

const mac = '52:54:00:00:00:07';

/** A connection over TLS. */
type Shown = Pick<TLSSocket, 'getPeerCertificate'>;

/** An HTTP response. */
interface Fetched {
  readonly status: number;
  readonly body: string;
}

/** An endpoint of a world with the node `node7`, which has the card `mac`, and `other`, which has none. */
class Scene implements AsyncDisposable {
  readonly world: World;
  readonly machine: Machine;
  readonly endpoint: BootEndpoint;
  readonly options: BootEndpointOptions;
  readonly outcomes: readonly BootOutcome[];

  private constructor(
    made: Pick<Scene, 'world' | 'machine' | 'options' | 'outcomes'>,
    endpoint: BootEndpoint,
  ) {
    this.world = made.world;
    this.machine = made.machine;
    this.options = made.options;
    this.outcomes = made.outcomes;
    this.endpoint = endpoint;
  }

  static async open(boot: Partial<BootOptions> = {}): Promise<Scene> {
    const world = await World.open();
    world.bootTokens = boot.token ?? false;
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu', { mac });
    await machine.provision('other', 'ubuntu');
    const outcomes: BootOutcome[] = [];
    const { parts } = machine;
    const { log } = world;
    const scripts = new BootScriptHandler({
      parts,
      options: bootOptions.parse({ advertise: '10.20.0.1', ...boot }),
      fetched: (outcome) => outcomes.push(outcome),
      freshen: (node) => machine.freshen(node),
    });
    const options: BootEndpointOptions = {
      listen: '127.0.0.1:0',
      scripts,
      health: new Health({ targets: () => parts.targets.list(0) }, { clock: world.clock, log }),
      metrics: { contentType: 'text/plain', text: () => Promise.resolve('numbers 1\n') },
      clock: world.clock,
      log,
    };
    const endpoint = await startBootEndpoint(options);
    return new Scene({ world, machine, options, outcomes }, endpoint);
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
    await this.endpoint.close();
    await this.world[Symbol.asyncDispose]();
  }
}

describe('the boot endpoint', () => {
  it('replaces an ephemeral disk with a fresh clone when its node fetches its script', async () => {
    await using scene = await Scene.open();
    const { world, machine } = scene;
    const card = '52:54:00:00:00:08';
    const { disk } = await machine.provision('node8', 'ubuntu', { mac: card, ephemeral: true });
    world.pool.write({ kind: 'disk', id: disk.id }, disk.sizeBytes, 'of the last boot');

    expect(await scene.fetch(`/boot/${card}`)).to.have.property('status', 200);

    expect(world.pool.content({ kind: 'disk', id: disk.id })).to.equal('ubuntu');
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('returns no script, and keeps the token, while an ephemeral disk cannot be replaced', async () => {
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

  const paths = [
    ...['52:54:00:00:00:07', '52-54-00-00-00-07', '525400000007', '52%3A54%3A00%3a00%3a00%3a07'],
    'node7?mac=52-54-00-00-00-07',
    'node7?mac=52%3A54%3A00%3A00%3A00%3A07',
  ];
  for (const path of paths) {
    it(`returns a node its script at /boot/${path}, and logs it without the secret`, async () => {
      await using scene = await Scene.open();

      const { status, body } = await scene.fetch(`/boot/${path}`);

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
    it(`responds with ${String(status)} and a script to /boot/${path.slice(0, 40)}`, async () => {
      await using scene = await Scene.open();

      const answer = await scene.fetch(`/boot/${path}`);

      expect(answer.status).to.equal(status);
      expect(answer.body).to.match(/^#!ipxe\necho Patchbay: .+\nexit 1\n$/);
    });
  }

  it('has a node that is requested by name send its card first', async () => {
    await using scene = await Scene.open();

    const { status, body } = await scene.fetch('/boot/node7');

    expect(status).to.equal(200);
    expect(body).to.equal('#!ipxe\nchain --replace node7?mac=${netX/mac:hexhyp}\n');
  });

  it('chains every card to its own script', async () => {
    await using scene = await Scene.open();
    expect((await scene.fetch('/boot.ipxe')).body).to.include('chain boot/${netX/mac:hexhyp} ||');
    expect((await scene.fetch('/boot.ipxe?token=a%0Ashell')).body).to.not.include('token');
  });

  it('returns no script for a node that no longer has a disk to boot from', async () => {
    await using scene = await Scene.open();
    await scene.machine.detach('node7', true);
    expect((await scene.fetch(`/boot/${mac}`)).status).to.equal(404);
    expect((await scene.fetch(`/boot/node7?mac=${mac}`)).status).to.equal(503);
  });

  it('refuses an address outside the networks, whatever it requests', async () => {
    await using scene = await Scene.open({ networks: ['10.20.0.0/16'] });

    expect((await scene.fetch(`/boot/${mac}`)).status).to.equal(403);
    expect((await scene.fetch('/boot/unknown')).status).to.equal(403);
    expect(scene.outcomes).to.deep.equal(['outside', 'outside']);
  });

  it('limits the rate of requests of an address', async () => {
    await using scene = await Scene.open();

    const answers = [];
    for (let n = 0; n < 62; n++) {
      answers.push(await scene.fetch('/boot/52:54:00:00:00:08'));
    }

    expect(answers.map(({ status }) => status)).to.deep.equal([...Array<number>(60).fill(404), 429, 429]);
    const logged = scene.world.log.lines.filter(({ message }) => message.startsWith('too many requests'));
    expect(logged).to.have.length(1);
  });

  it('returns a script once for a token', async () => {
    await using scene = await Scene.open({ token: true });
    const path = `/boot/${mac}?token=${String(await scene.token())}`;

    const statuses = [(await scene.fetch(path)).status, (await scene.fetch(path)).status];

    expect(statuses).to.deep.equal([200, 403]);
    expect(await scene.token()).to.equal(undefined);
  });

  it('returns a script once for a token even if it is requested many times at once', async () => {
    await using scene = await Scene.open({ token: true });
    const path = `/boot/${mac}?token=${String(await scene.token())}`;

    const answers = await Promise.all(Array.from({ length: 8 }, () => scene.fetch(path)));

    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
  });

  for (const [what, query] of [
    ['without a token', ''],
    ['for a wrong token', '?token=00000000000000000000000000000000'],
    ['for two tokens', '?token=TOKEN&token=TOKEN'],
    ['for an invalid token', '?token=%00'],
  ] as const) {
    it(`returns none ${what}, and does not consume the token`, async () => {
      await using scene = await Scene.open({ token: true });
      const token = String(await scene.token());

      const { status } = await scene.fetch(`/boot/${mac}${query.replaceAll('TOKEN', token)}`);

      expect(status).to.equal(403);
      expect(await scene.token()).to.equal(token);
      expect(JSON.stringify(scene.world.log.lines)).to.not.include(token);
    });
  }

  it("does not accept another node's token", async () => {
    await using scene = await Scene.open({ token: true });
    const others = String(await scene.token('other'));
    expect((await scene.fetch(`/boot/${mac}?token=${others}`)).status).to.equal(403);
    expect(await scene.token('other')).to.equal(others);
  });

  for (const method of ['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS']) {
    it(`consumes no token for ${method}`, async () => {
      await using scene = await Scene.open({ token: true });
      const token = String(await scene.token());

      const { status } = await scene.fetch(`/boot/${mac}?token=${token}`, method);

      expect(status).to.equal(404);
      expect(await scene.token()).to.equal(token);
    });
  }

  it('reports its health, and 503 with the problem', async () => {
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

  it('returns the metrics unchanged', async () => {
    await using scene = await Scene.open();
    expect(await scene.fetch('/metrics')).to.deep.equal({ status: 200, body: 'numbers 1\n' });
  });

  it('reports it when the address is in use', async () => {
    await using scene = await Scene.open();
    const second = startBootEndpoint({ ...scene.options, listen: scene.endpoint.address });
    expect(await second.catch((error: unknown) => error)).to.have.property('reason', 'BOOT_UNAVAILABLE');
  });

  it('serves HTTPS with a certificate, follows its files, and starts with none that others may read', async () => {
    await using scene = await Scene.open();
    await using scratch = await Scratch.make();
    const tls = { certificate: scratch.file('cert.pem'), key: scratch.file('key.pem') };
    const issue = (name: string): void => {
      const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
      const files = ['-keyout', tls.key, '-out', tls.certificate];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:P-256',
          '-nodes',
          ...subject,
          ...files,
        ],
        { stdio: 'ignore' },
      );
    };
    issue('first');
    const clock = new FakeClock(Date.now() + 1000);
    await using endpoint = await startBootEndpoint({ ...scene.options, clock, tls });
    const get = async (): Promise<readonly [status: number | undefined, name: unknown]> => {
      const [host = '', port = ''] = endpoint.address.split(':');
      const ca = readFileSync(tls.certificate);
      const request = https.get({ host, port, path: '/boot.ipxe', ca, maxVersion: 'TLSv1.2', agent: false });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      return [response.statusCode, (response.socket as unknown as Shown).getPeerCertificate().subject.CN];
    };
    expect(await get()).to.deep.equal([200, 'first']);
    issue('second');
    await clock.advance(5_000);
    expect(await get()).to.deep.equal([200, 'second']);
    chmodSync(tls.key, 0o644);
    await refusal(startBootEndpoint({ ...scene.options, clock, tls }), 'IDENTITY_FILE_UNSAFE');
  });
});
