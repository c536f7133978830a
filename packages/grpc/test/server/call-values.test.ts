import type { CallOptions, Client, ClientReadableStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';

import { coreError } from '@patchbay/objects';
import { defineObject, method } from '@patchbay/objects/define';

import { type SampleServer, startSample } from '../sample.js';
import { dial, readAll } from '../../src/testing/foreign-client.js';

interface Objects extends Client {
  Call(request: object, options?: CallOptions): ClientReadableStream<unknown>;
}

let given: unknown;
const giver = defineObject({
  summary: 'A giver',
  methods: {
    give: method({ summary: 'Return what is given', returns: z.unknown(), run: () => given }),
    yield: method({
      summary: 'Yield what is given',
      yields: z.unknown(),
      returns: z.null(),
      run: async function* () {
        yield await Promise.resolve(given);
        return null;
      },
    }),
    fail: method({
      summary: 'Fail with what is given',
      returns: z.null(),
      run: () => {
        throw coreError('NAME_INVALID', 'no', { details: { name: 'x', given } });
      },
    }),
  },
});

describe('The values of a Call', () => {
  let server: SampleServer;
  let objects: Objects;

  before(async () => {
    server = await startSample({ objects: { giver } });
    objects = dial<Objects>(server.address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
  });
  after(async () => {
    objects.close();
    await server[Symbol.asyncDispose]();
  });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['NaN', { rows: [{ size: NaN }] }, /\.rows\[0\]\.size is NaN/],
    ['a Map', { a: new Map() }, /\.a is a Map/],
    ['undefined in a list', [undefined], /\[0\] is undefined/],
    ['half of a surrogate pair', { a: '\ud800' }, /\.a is text with half/],
    ['half of a surrogate pair as a key', { '\ud800': 1 }, /is text with half/],
    ['a getter that throws', { get size() { throw new Error('secret'); } }, /\.size threw/], // prettier-ignore
  ];
  for (const [what, value, message] of refused) {
    it(`refuse ${what}, and name its place`, async () => {
      given = value;
      for (const name of ['give', 'yield']) {
        const { error } = await readAll(objects.Call({ object: 'giver', method: name }));
        expect(error?.code, name).to.equal(status.INTERNAL);
        expect(error?.details).to.match(message).and.not.to.include('secret');
      }
      const { error } = await readAll(objects.Call({ object: 'giver', method: 'fail' }));
      expect(error?.code).to.equal(status.INVALID_ARGUMENT);
      expect(error?.details)
        .to.match(/^no; details\.given/)
        .and.to.match(message);
    });
  }

  it('refuse an object with methods', async () => {
    given = [giver];
    const { error } = await readAll(objects.Call({ object: 'giver', method: 'give' }));
    expect(error?.details).to.match(/\[0\] is an object with methods/);
  });

  it('refuse NaN among the arguments', async () => {
    const fields = { sizes: { listValue: { values: [{ numberValue: NaN }] } } };
    const request = { object: 'sample', method: 'echo', arguments: [{ structValue: { fields } }] };
    const { error } = await readAll(objects.Call(request));
    expect(error?.code).to.equal(status.INVALID_ARGUMENT);
    expect(error?.details).to.match(/^arguments\[0\]\.sizes\[0\] is NaN/);
  });

  it('carry bytes as base64, what toJSON returns, and any key', async () => {
    given = JSON.parse('{"__proto__": 1}') as object;
    Object.assign(given as object, { bytes: new Uint8Array([1]), at: new Date(0), none: undefined });
    const { answers } = await readAll(objects.Call({ object: 'giver', method: 'give' }));
    interface Answer {
      readonly result: {
        readonly structValue: { readonly fields: Record<string, { stringValue?: string }> };
      };
    }
    const { fields } = (answers as Answer[])[0]!.result.structValue;
    expect(Object.keys(fields)).to.have.members(['__proto__', 'bytes', 'at']);
    expect(fields.bytes?.stringValue).to.equal('AQ==');
    expect(fields.at?.stringValue).to.equal('1970-01-01T00:00:00.000Z');
  });
});
