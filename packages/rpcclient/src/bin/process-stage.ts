import { once } from 'node:events';
import { type WriteStream } from 'node:tty';

import { coreError, findNameServer, systemClock } from '@patchbay/objects';

import { type Client } from '../client.js';
import { readCommandLine } from '../command/command-line.js';
import { readSettings } from '../command/settings.js';
import { type Output, type Stage } from '../command/stage.js';
import { execute } from './execute.js';

/** Gives what this process has for a command line to work with. Its streams are opened when they are used first. */
export function processStage(client: Client, nameServer: string, signal: AbortSignal): Stage {
  const stage: Stage = {
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
    toYaml: async (value) => (await import('@patchbay/daemon/yaml')).yamlText(value),
    nameServerAt: (option) => findNameServer(option),
    execute: async (words, { defaultObject, signal: own }) => {
      const line = readCommandLine(words);
      const refused = line.own.has('name-server') ? '--name-server' : line.method === 'repl' ? 'repl' : '';
      if (refused !== '') {
        throw coreError('ARGUMENT_INVALID', `${refused} has no place here: there is one connection already`);
      }
      await execute(line, readSettings(line, defaultObject), {
        ...stage,
        standardInput: undefined,
        signal: own,
      });
    },
  };
  return stage;
}

function outputTo(stream: () => WriteStream): Output {
  return {
    get isTerminal() {
      return stream().isTTY;
    },
    get columns() {
      return stream().columns;
    },
    write: (text) => stream().write(text),
    ready: async () => {
      if (stream().writableNeedDrain) {
        await once(stream(), 'drain');
      }
    },
  };
}
