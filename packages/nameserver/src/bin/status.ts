import { command, formatOptions, insecureDialOption, nameServerAdvice, printResult } from '@patchbay/daemon';
import { findInsecure, findNameServer, type IdentityStatus } from '@patchbay/objects';

import { askStatus } from '../ask-status.js';

const args = {
  address: {
    type: 'string',
    summary: 'The name server, HOST:PORT or unix:/PATH',
    defaultNote: 'as for the other commands',
  },
} as const;

const options = { insecure: insecureDialOption, ...formatOptions } as const;

async function ask(values: {
  readonly address: string | undefined;
  readonly insecure: boolean | undefined;
}): Promise<IdentityStatus> {
  try {
    return await askStatus(findNameServer(values.address), findInsecure(values.insecure));
  } catch (error) {
    throw nameServerAdvice(error);
  }
}

/** `nameserver status`: what a name server with an authority tells anybody. */
export const status = command({
  name: 'status',
  summary: 'Show what a name server with an authority tells anybody; needs no identity',
  args,
  options,
  run: async (values) => {
    const { roots, ...answer } = await ask(values);
    // The challenge is of no use on any other connection.
    const told = Object.fromEntries(Object.entries(answer).filter(([key]) => key !== 'challenge'));
    await printResult({ ...told, roots }, values, told);
  },
});

/** `nameserver discover`: how a name server is reached. */
export const discover = command({
  name: 'discover',
  summary: 'Show how a name server with an authority is reached; needs no identity',
  args,
  options,
  run: async (values) => {
    const { discover: found } = await ask(values);
    const rows = found.endpoints.map((endpoint) => ({ endpoint }));
    await printResult(found, values, rows);
  },
});
