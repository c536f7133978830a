import { expect } from 'chai';
import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventually, freePort } from '@patchbay/objects/testing';

import { type Outcome, type ProgramName, type Running, scratchDirectory, start } from './programs.js';

const vault = fileURLToPath(new URL('vault.js', import.meta.url));

/** The files that have secrets of their own, and are for their owner alone. */
const keepers = ['names/cluster.key', 'server/identity.json', 'home/.config/patchbay/identity.json'];

/** Everything that is written about secrets, searched for the bytes of each. */
class Search {
  readonly #secrets: { readonly name: string; readonly forms: readonly Buffer[] }[] = [];

  add(name: string, secret: Buffer | string): void {
    const bytes = Buffer.from(secret);
    const forms = [bytes, Buffer.from(bytes.toString('hex'))];
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const ahead of [0, 1, 2]) {
        // What stands before it decides how its bytes fall into characters: those that it shares with others are left out.
        const text = Buffer.concat([Buffer.alloc(ahead), bytes])
          .toString(encoding)
          .replace(/=+$/, '');
        forms.push(Buffer.from(text.slice(ahead === 0 ? 0 : ahead + 1, -1)));
      }
    }
    this.#secrets.push({ name, forms });
  }

  /** Returns the names of the secrets that some content has. */
  in(content: Buffer | string): string[] {
    const bytes = Buffer.from(content);
    const joined = Buffer.from(bytes.toString('latin1').replaceAll(/\\n|\s/g, ''), 'latin1'); // lines of PEM
    return this.#secrets
      .filter(({ forms }) => forms.some((form) => bytes.includes(form) || joined.includes(form)))
      .map(({ name }) => name);
  }
}

describe('A secret', function () {
  this.timeout(120_000);
  const search = new Search();
  const running: Running[] = [];
  /** What the operating system shows of each process. */
  const shown = new Map<string, string>();
  let directory: Awaited<ReturnType<typeof scratchDirectory>>;
  let address: string;

  function at(...names: readonly string[]): string {
    return join(directory.path, ...names);
  }

  /** Starts a command, and notes its argv and environment as every user's tools see them. */
  function begin(program: ProgramName, words: readonly string[], typed?: string): Running {
    const environment = { PATCHBAY_INSECURE: '', PATCHBAY_NAMESERVER: address, HOME: at('home') };
    const begun = start(program, words, environment, typed === undefined ? 'ignore' : 'pipe');
    const pid = String(begun.child.pid);
    for (const file of ['cmdline', 'environ']) {
      shown.set(`${program} ${words.join(' ')} ${file}`, readFileSync(`/proc/${pid}/${file}`, 'latin1'));
    }
    begun.child.stdin?.end(`${typed ?? ''}\n`);
    return begun;
  }

  async function ok(program: ProgramName, words: readonly string[], typed?: string): Promise<string> {
    const outcome = await begin(program, words, typed).ended;
    expect(outcome.status, `${words.join(' ')}: ${outcome.stderr}`).to.equal(0);
    expect(search.in(outcome.stderr), words.join(' ')).to.deep.equal([]);
    return outcome.stdout;
  }

  async function fails(program: ProgramName, words: readonly string[], typed: string): Promise<Outcome> {
    const outcome = await begin(program, words, typed).ended;
    expect(outcome.status, words.join(' ')).to.not.equal(0);
    expect(search.in(outcome.stdout + outcome.stderr), words.join(' ')).to.deep.equal([]);
    return outcome;
  }

  async function daemon(program: 'nameserver' | 'rpcserver', config: string): Promise<void> {
    const begun = begin(program, ['start', '--config', at(config)]);
    running.push(begun);
    await eventually(() => {
      expect(begun.said.stderr).to.include('server is ready');
    }, 30_000);
  }

  /** Makes a token by a method that shows it once. */
  async function made(name: string, ...words: readonly string[]): Promise<string> {
    const { token } = JSON.parse(await ok('rpcclient', [...words, '--json'])) as { token: string };
    addToken(name, token);
    return token;
  }

  function addToken(name: string, token: string): void {
    const [, , secret = ''] = token.split('.');
    search.add(name, Buffer.from(secret, 'base64url'));
    search.add(`${name} as text`, secret);
  }

  function addKeys(name: string, file: string): void {
    const stored = JSON.parse(readFileSync(at(file), 'utf8')) as Record<string, string>;
    for (const key of ['privateKey', 'sealingKey']) {
      const { d = '' } = createPrivateKey(stored[key] ?? '').export({ format: 'jwk' });
      search.add(`the ${key} of ${name}`, Buffer.from(d, 'base64url'));
    }
  }

  before(async () => {
    directory = await scratchDirectory();
    address = `127.0.0.1:${String(await freePort())}`;
    await mkdir(at('home'));
    const chatty = {
      logCalls: 'all',
      calls: { incoming: 'all', outgoing: 'all', results: true },
      log: { level: 'debug' },
    };
    const names = { listen: address, stateDir: at('names'), ...chatty };
    const objects = [{ name: 'vault', module: vault }];
    const server = { nameServer: address, listen: '127.0.0.1:0', stateDir: at('server'), objects, ...chatty };
    await writeFile(at('nameserver.json'), JSON.stringify(names));
    await writeFile(at('rpcserver.json'), JSON.stringify(server));
  });
  after(async () => {
    for (const { child, ended } of running.reverse()) {
      child.kill('SIGKILL');
      await ended;
    }
    await directory[Symbol.asyncDispose]();
  });

  it('stands in no argv, environment, log, call log or store, whatever is done with it', async () => {
    const init = ['init', '--config', at('nameserver.json'), '--json'];
    const first = JSON.parse(await ok('nameserver', init)) as Record<
      'hostToken' | 'adminToken',
      { token: string }
    >;
    addToken('the first token of a host', first.hostToken.token);
    addToken('the first token of a user', first.adminToken.token);
    search.add('the cluster key', readFileSync(at('names/cluster.key')));
    await daemon('nameserver', 'nameserver.json');

    await ok('rpcclient', ['login', address, '--token', '-'], first.adminToken.token);
    addKeys('the admin', 'home/.config/patchbay/identity.json');
    const token = await made('a token', 'identity.create_token', 'host', 'web1', '--names', 'vault');
    const ofAlice = await made("alice's token", 'identity.create_user', 'alice');
    await fails('rpcserver', ['join', address, '--state-dir', at('other'), '--token', '-'], ofAlice);
    await ok('rpcserver', ['join', address, '--config', at('rpcserver.json'), '--token', '-'], token);
    addKeys('the host', 'server/identity.json');
    await fails('rpcserver', ['join', address, '--state-dir', at('other'), '--token', '-'], token);
    await daemon('rpcserver', 'rpcserver.json');

    await made('a token to replace', 'identity.replace_host', 'web1');
    search.add('a password', 'correct horse battery staple');
    await ok('rpcclient', ['vault.open', '-'], 'correct horse battery staple');
    await fails('rpcclient', ['vault.close', '-'], 'correct horse battery staple');
    for (const { child, ended } of running) {
      child.kill('SIGTERM');
      await ended;
    }

    const found = [
      ...running.flatMap(({ said }, index) =>
        search.in(said.stdout + said.stderr).map((name) => `log ${String(index)}: ${name}`),
      ),
      ...[...shown].flatMap(([where, text]) => search.in(text).map((name) => `${where}: ${name}`)),
    ];
    const files = readdirSync(directory.path, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => relative(directory.path, join(each.parentPath, each.name)));
    expect(files).to.include.members([
      ...keepers,
      'names/store.sqlite',
      'names/calls.sqlite',
      'server/calls.sqlite',
    ]);
    for (const file of files.filter((each) => !keepers.includes(each))) {
      found.push(...search.in(readFileSync(at(file))).map((name) => `${file}: ${name}`));
    }
    expect(found).to.deep.equal([]);
    expect(
      running.map(({ said }) => said.stderr.includes('create_token') || said.stderr.includes('vault')),
    ).to.deep.equal([true, true]);
    for (const file of keepers) {
      expect(statSync(at(file)).mode & 0o777, file).to.equal(0o600);
      expect(search.in(readFileSync(at(file))), `what the search finds in ${file}`).to.not.deep.equal([]);
    }
  });
});
