import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { Readable } from 'node:stream';
import { z } from 'zod';

import { coreError } from '@patchbay/objects';
import { arg, defineObject, method } from '@patchbay/objects/define';

import { connectTo } from '../../src/client/grpc-transport.js';
import { dial } from '../../src/testing/foreign-client.js';
import { type SampleServer, startSample } from '../sample.js';

const mirror = defineObject({
  summary: 'A mirror',
  methods: {
    reflect: method({
      summary: 'Send the metadata back',
      args: [arg('fails', z.boolean(), 'whether with an error')],
      returns: z.record(z.string(), z.string()),
      run: (fails, context) => {
        context.addResponseMetadata(context.metadata);
        if (fails) {
          throw coreError('CALLER_REFUSED', 'as asked for');
        }
        return { ...context.metadata };
      },
    }),
  },
});

interface Objects {
  Call(request: object, metadata: Metadata): Readable;
  close(): void;
}

describe('metadata of a unary Call', () => {
  let server: SampleServer;
  let objects: Objects;

  before(async () => {
    server = await startSample({ objects: { mirror } });
    objects = dial(
      server.address,
      'patchbay/v1/objects.proto',
      'patchbay.v1.ObjectServer',
    ) as unknown as Objects;
  });

  after(async () => {
    objects.close();
    await server[Symbol.asyncDispose]();
  });

  /** Calls the mirror with these headers; returns its result, and what came back in the trailers. */
  async function reflect(headers: Record<string, string>, fails = false) {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(headers)) {
      metadata.set(key, value);
    }
    const call = objects.Call(
      { object: 'mirror', method: 'reflect', arguments: [{ boolValue: fails }] },
      metadata,
    );
    call.resume();
    call.on('error', () => undefined);
    const status = await new Promise<StatusObject>((resolve) => call.on('status', resolve));
    return { status, trailers: status.metadata.getMap() };
  }

  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  for (const fails of [false, true]) {
    it(`is in its headers, and comes back in the trailers of ${fails ? 'an error' : 'a result'}`, async () => {
      const headers = {
        'x-patchbay-meta-reason': '100% sure of Z%C3%BCrich',
        traceparent: trace,
        tracestate: 'a=1,b=%2',
        'x-other': 'not ours',
      };
      const { trailers, status } = await reflect(headers, fails);
      expect(status.code).to.equal(fails ? 7 : 0);
      expect(trailers).to.include({
        'x-patchbay-meta-reason': '100%25 sure of Z%C3%BCrich',
        traceparent: trace,
        tracestate: 'a=1,b=%2',
      });
      expect(trailers).not.to.have.property('x-other');
    });
  }

  it('is checked', async () => {
    const { status } = await reflect({ 'x-patchbay-meta-reason': 'a%0Ab' });
    expect(status.code).to.equal(3);
    expect(status.details).to.equal(
      'metadata "reason": a value has no control characters, and is well-formed Unicode',
    );
  });

  it('is the same as that of a session', async () => {
    await using client = connectTo(server.address);
    const metadata = { reason: ' Zürich % 7 ', traceparent: trace };
    const call = client.call('mirror', 'reflect', [false], { metadata });
    expect(await call).to.deep.equal(metadata);
    expect(call.responseMetadata).to.deep.equal(metadata);
  });
});
