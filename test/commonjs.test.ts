import { expect } from 'chai';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { root } from './repository.js';
import { run } from './system/command.js';

const program = `
import { type Call, type Client, connect, isRpcError, RpcError } from '@patchbay/rpcclient';
import { connectInMemory } from '@patchbay/rpcclient/testing';
import { arg, defineObject, method, type SignaturesOf, z } from '@patchbay/rpcserver';
import { startNameServer, type NameServerOptions } from '@patchbay/nameserver';

const greet = method({
  summary: 'Greet',
  args: [arg('who', z.string(), 'whom')],
  returns: z.string(),
  run: (who) => \`Hello, \${who}!\`,
});
const hello = defineObject({ summary: 'Says hello', methods: { greet } });
type Hello = SignaturesOf<typeof hello>;
const text = z.string();
const name: z.infer<typeof text> = 'you';

async function main(options?: NameServerOptions): Promise<void> {
  const local = connectInMemory({ hello });
  const call: Call<string, never> = local.proxy<Hello>('hello').greet(name);
  // @ts-expect-error -- greet takes a text
  local.proxy<Hello>('hello').greet(7).catch(() => undefined);
  const client: Client = connect({ nameServer: '127.0.0.1:1' });
  const error: unknown = await client.proxy<Hello>('hello').greet(name).catch((lost: unknown) => lost);
  const reason = error instanceof RpcError && isRpcError(error) ? error.reason : 'no error';
  process.stdout.write([await call, reason, typeof startNameServer, typeof options].join(' '));
  await Promise.all([local.close(), client.close()]);
}
void main();
`;

const options = { module: 'node16', target: 'es2022', lib: ['es2023', 'esnext.disposable'], types: ['node'] };

describe('A CommonJS program in TypeScript', function () {
  this.timeout(60_000);

  for (const skipLibCheck of [true, false]) {
    it(`imports the libraries with their types${skipLibCheck ? '' : ', which are checked too'}`, async () => {
      await using scratch = await Scratch.make();
      await symlink(join(root, 'node_modules'), scratch.file('node_modules'));
      await writeFile(scratch.file('package.json'), '{ "type": "commonjs" }');
      await writeFile(scratch.file('program.ts'), program);
      const compilerOptions = { ...options, strict: true, exactOptionalPropertyTypes: true, skipLibCheck };
      await writeFile(scratch.file('tsconfig.json'), JSON.stringify({ compilerOptions }));
      const compiled = await run(['tsc', '--project', scratch.path]);
      expect(compiled).to.deep.equal({ status: 0, stdout: '', stderr: '' });
      const outcome = await run(['node', scratch.file('program.js')]);
      expect(outcome.stdout).to.equal('Hello, you! NAMESERVER_UNAVAILABLE function undefined');
      expect(outcome).to.include({ status: 0, stderr: '' });
    });
  }
});
