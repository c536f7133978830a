import { expect } from 'chai';
import fc from 'fast-check';

import { connectTo } from '@patchbay/grpc/client';
import { TestNameServer } from '@patchbay/nameserver/testing';
import { isRpcError, parseObjectName, type RpcError } from '@patchbay/objects';
import type { ObjectClient } from '@patchbay/session/client';

/** How long each property is tried, in milliseconds; all of them together take about a minute. */
const eachMs = 15_000;

const methods = ['lookup', 'list', 'register', 'keep_alive', 'unregister', 'remove', 'set_metadata', 'info'];
const optionNames = ['prefix', 'glob', 'regex', 'meta', 'anyMeta', 'after', 'limit', 'ttlMs', 'fromRevision'];
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'storage',
    'a/v1',
    '(x+x+)+y',
    '[',
    '**',
    '%',
    "'",
  ),
);
const anyJson = fc.jsonValue({ maxDepth: 3 });
const options = fc.dictionary(fc.oneof(fc.constantFrom(...optionNames), text), fc.oneof(text, anyJson), {
  maxKeys: 4,
});
const args = fc.array(fc.oneof(text, anyJson, options), { maxLength: 5 });
const words = fc.array(
  fc.oneof(text, fc.constantFrom('-', '--', '@', '--limit', '--meta=', '--no-such', '--glob=**', '-5', '{')),
  { maxLength: 6 },
);

describe('Bad input', function () {
  this.timeout(120_000);
  let nameServer: TestNameServer;
  let client: ObjectClient;

  before(async () => {
    nameServer = await TestNameServer.start();
    client = connectTo(nameServer.address, { timeoutMs: 10_000 });
  });

  after(async () => {
    await client[Symbol.asyncDispose]();
    await nameServer[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    // Whatever came, the server is there, and says who it is.
    expect(await client.call('nameserver', 'info', [])).to.have.property('version');
  });

  it('as arguments of any JSON is answered, or refused with a code and a reason', async () => {
    await tried(
      fc.asyncProperty(fc.constantFrom(...methods), args, async (method, values) => {
        await answeredOrRefused(client.call('nameserver', method, values));
      }),
    );
  });

  it('as the words of a command line is answered, or refused with a code and a reason', async () => {
    await tried(
      fc.asyncProperty(fc.constantFrom(...methods), words, async (method, line) => {
        await answeredOrRefused(client.callWithArgv('nameserver', method, line));
      }),
    );
  });

  it('as names of objects and methods is refused with a code and a reason', async () => {
    await tried(
      fc.asyncProperty(text, text, async (object, method) => {
        await answeredOrRefused(client.call(object, method, []));
        await answeredOrRefused(client.call('nameserver', method, []));
      }),
    );
  });

  it('as patterns and metadata is answered, or refused with a code and a reason', async () => {
    await nameServer.registry.register('server', '127.0.0.1:1', [{ name: parseObjectName('storage') }], {});
    await tried(
      fc.asyncProperty(fc.constantFrom(...optionNames), text, async (option, value) => {
        await answeredOrRefused(client.call('nameserver', 'list', [{ [option]: value }]));
        await answeredOrRefused(client.call('nameserver', 'list', [{ [option]: [value] }]));
        await answeredOrRefused(client.call('nameserver', 'set_metadata', ['storage', { [value]: value }]));
      }),
    );
  });
});

/** Tries a property with whatever comes, as often as there is time for. */
async function tried(property: fc.IAsyncPropertyWithHooks<unknown[]>): Promise<void> {
  await fc.assert(property as fc.IAsyncProperty<unknown[]>, {
    numRuns: 1_000_000,
    interruptAfterTimeLimit: eachMs,
    endOnFailure: true,
  });
}

/** Refusals are the caller's to understand: never our own failure to. */
async function answeredOrRefused(answer: PromiseLike<unknown>): Promise<void> {
  let refusal: unknown;
  try {
    await answer;
    return;
  } catch (error) {
    refusal = error;
  }
  expect(isRpcError(refusal), String(refusal)).to.equal(true);
  const { code, reason, message } = refusal as RpcError;
  expect([code, reason], message).to.not.include.members(['INTERNAL']);
  expect(code, message).to.be.oneOf([
    'INVALID_ARGUMENT',
    'NOT_FOUND',
    'UNIMPLEMENTED',
    'ALREADY_EXISTS',
    'OUT_OF_RANGE',
    'FAILED_PRECONDITION',
    'PERMISSION_DENIED', // of a lease's id that was not granted to the caller
  ]);
  expect(message.length).to.be.greaterThan(10);
}
