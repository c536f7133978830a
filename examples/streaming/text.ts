import { createHash } from 'node:crypto';

import { arg, byteStream, defineObject, method, type SignaturesOf, streamOf, z } from '@patchbay/rpcserver';

export const text = defineObject({
  summary: 'Works on streams that its callers send',
  methods: {
    digest: method({
      summary: 'Compute the SHA-256 of a stream of bytes',
      args: [arg('data', byteStream(), 'the bytes')],
      returns: z.string(),
      run: async (data) => {
        const hash = createHash('sha256');
        for await (const piece of data) {
          hash.update(piece); // backpressure: the caller sends no faster than this loop reads
        }
        return hash.digest('hex');
      },
    }),
    number: method({
      summary: 'Number lines as they arrive',
      args: [arg('lines', streamOf(z.string()), 'the lines')],
      yields: z.string(),
      returns: z.int().describe('how many there were'),
      run: async function* (lines) {
        let count = 0;
        for await (const line of lines) {
          count += 1;
          yield `${String(count)}: ${line}`;
        }
        return count;
      },
    }),
  },
});
export type Text = SignaturesOf<typeof text>;
