import {
  arg,
  defineObject,
  Dispatcher,
  method,
  type SignaturesOf,
  silentLog,
  systemClock,
} from '@patchbay/core';
import { connectTo, ObjectServer } from '@patchbay/core/wire';
import { z } from 'zod';

import { type Transport } from '../transport.js';

const echo = defineObject({
  summary: 'Echo',
  methods: {
    echo: method({
      summary: 'Give a text back',
      args: [arg('text', z.string().max(1_000_000), 'any text')],
      returns: z.string(),
      run: (text) => text,
    }),
  },
});

/** A call of ours on an open session: names, validation of arguments and result, deadline and all. */
export const patchbay: Transport = {
  name: 'patchbay session',
  serve: async () => {
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('echo', echo);
    const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
    return Number(server.address.slice(server.address.lastIndexOf(':') + 1));
  },
  connect: (port) => {
    const remote = connectTo(`127.0.0.1:${String(port)}`).proxy<SignaturesOf<typeof echo>>('echo');
    return Promise.resolve((text: string) => remote.echo(text));
  },
};
