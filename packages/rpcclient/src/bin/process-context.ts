import { once } from 'node:events';
import type { WriteStream } from 'node:tty';

import { coreError, findNameServer, systemClock } from '@patchbay/objects';

import type { Client } from '../client.js';
import { readCommandLine } from '../command/command-line.js';
import type { CommandContext, Output } from '../command/context.js';
import { tlsOptionNames } from '../command/global-options.js';
import { readSettings } from '../command/settings.js';
import { execute } from './execute.js';

/** Returns this process as the context of a command line. Its streams are opened on first use. */
export function processContext(client: Client, nameServer: string, signal: AbortSignal): CommandContext {
  const context: CommandContext = {
    client,
    nameServer,
    signal,
    clock: systemClock,
    environment: process.env,
    get input() {
      return process.stdin;
    },
    get standardInput() {
      return process.stdin;
    },
    get output() {
      return process.stdout;
    },
    out: outputTo(() => process.stdout),
    errors: outputTo(() => process.stderr),
    hasPerson: () => process.stderr.isTTY && process.stdin.isTTY,
    toYaml: async (value) => (await import('@patchbay/daemon/yaml')).yamlText(value),
    nameServerAt: (option) => findNameServer(option),
    execute: async (argv, { defaultObject, signal: lineSignal }) => {
      const line = readCommandLine(argv);
      const ofConnection = ['name-server', 'insecure', ...tlsOptionNames] as const;
      const option = ofConnection.find((each) => line.options.has(each));
      if (option !== undefined || line.method === 'repl') {
        const refused = option === undefined ? 'repl' : `--${option}`;
        throw coreError('ARGUMENT_INVALID', `${refused} cannot be used here: a connection is open already`);
      }
      const own = { ...context, standardInput: undefined, signal: lineSignal };
      await execute(line, readSettings(line, defaultObject), own);
    },
  };
  return context;
}

function outputTo(stream: () => WriteStream): Output {
  return {
    get isTerminal() {
      return stream().isTTY;
    },
    get columns() {
      return stream().columns;
    },
    write: (data) => stream().write(data),
    ready: async () => {
      if (stream().writableNeedDrain) {
        await once(stream(), 'drain');
      }
    },
  };
}
