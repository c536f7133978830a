import { join } from 'node:path';

import {
  CallLog,
  callLogSettings,
  type CallFilter,
  type CallLogSettings,
  type CallRecord,
} from '@patchbay/calls';
import { type Caller, coreError, localCaller, type ObjectDefinition } from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method, secret } from '@patchbay/objects/define';
import { FakeClock, RecordingLog, Scratch } from '@patchbay/objects/testing';
import { z } from 'zod';

const text = arg('text', z.string(), 'A text');

const desk = defineObject({
  summary: 'A desk',
  methods: {
    look: method({
      summary: 'Look',
      access: 'view',
      args: [text],
      returns: z.string(),
      idempotent: true,
      run: (each) => each,
    }),
    put: method({
      summary: 'Put',
      args: [text, arg('key', secret(z.string()).optional(), 'A key')],
      returns: z.object({ text: z.string(), key: secret(z.string()) }),
      run: (each) => {
        if (each === 'nothing') {
          throw coreError('ARGUMENT_INVALID', 'nothing cannot be put there');
        }
        return { text: each, key: 'hunter2' };
      },
    }),
    clear: method({ summary: 'Clear', access: 'administer', returns: z.null(), run: () => null }),
  },
});

const identity = defineObject({
  summary: 'Identities',
  methods: {
    status: method({ summary: 'Tell', access: 'open', returns: z.null(), idempotent: true, run: () => null }),
    list_hosts: method({ summary: 'List', access: 'administer', returns: z.null(), run: () => null }),
    create_token: method({ summary: 'Make', access: 'administer', returns: z.null(), run: () => null }),
    approve: method({
      summary: 'Approve',
      access: 'administer',
      returns: z.null(),
      idempotent: true,
      run: () => null,
    }),
  },
});

/** A user who is a viewer of everything. */
export const viewer: Caller = {
  peer: '10.0.0.9:41000',
  principal: 'user:eve',
  groups: [],
  roles: [{ role: 'viewer', objects: '**', methods: '*' }],
};

/** Alice, an operator of the desk. */
export const alice: Caller = {
  peer: '10.0.0.7:40000',
  principal: 'user:alice',
  groups: [],
  roles: [{ role: 'operator', objects: 'desk', methods: '*' }],
};

/** A desk whose calls are logged in a directory of a test's own, on a clock that the test advances. */
export class Desk implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly systemLog = new RecordingLog();
  readonly file: string;
  readonly #scratch: Scratch;
  readonly #dispatcher: Dispatcher;
  calls: CallLog;
  #count = 0;

  private constructor(scratch: Scratch, settings: Partial<CallLogSettings>, file: string) {
    this.#scratch = scratch;
    this.file = join(scratch.path, file);
    this.calls = this.#open(settings);
    const observer = {
      answered: (...each: Parameters<CallLog['answered']>) => {
        this.calls.answered(...each);
      },
    };
    this.#dispatcher = new Dispatcher({ clock: this.clock, log: this.systemLog, observer });
    this.#dispatcher.host('desk', desk);
    this.#dispatcher.host('identity', identity);
  }

  static async make(settings: Partial<CallLogSettings> = {}, file = 'calls.sqlite'): Promise<Desk> {
    return new Desk(await Scratch.make(), settings, file);
  }

  /** Hosts a further object. */
  host(name: string, object: ObjectDefinition): void {
    this.#dispatcher.host(name, object);
  }

  /** The directory of the file. */
  get directory(): string {
    return this.#scratch.path;
  }

  /** Calls a method, and waits for its answer. */
  async call(
    name: string,
    values: readonly unknown[] = [],
    options: { caller?: Caller; correlationId?: string; metadata?: Record<string, string> } = {},
  ): Promise<string> {
    const { caller = localCaller('unix:/run/desk'), correlationId, metadata } = options;
    const dot = name.lastIndexOf('.');
    const [object, called] = [name.slice(0, dot), name.slice(dot + 1)];
    const callId = `call-${String(++this.#count)}`;
    await new Promise<void>((resolve) => {
      this.#dispatcher.begin(
        {
          object,
          method: called,
          input: { values },
          caller,
          callId,
          correlationId,
          metadata,
          timeoutMs: undefined,
        },
        {
          item: () => undefined,
          result: (value) => {
            resolve();
            return JSON.stringify(value).length;
          },
          failure: () => {
            resolve();
          },
        },
      );
    });
    return callId;
  }

  /** Returns the calls that a filter finds, the newest first. */
  async find(filter: CallFilter = {}, limit = 100): Promise<readonly CallRecord[]> {
    return (await this.calls.page(filter, { limit })).calls;
  }

  /** Returns the methods of the calls that a filter finds. */
  async methods(filter: CallFilter = {}): Promise<string[]> {
    return (await this.find(filter)).map(({ object, method: called }) => `${object}.${called}`);
  }

  /** Closes the log, and opens it again. */
  async reopen(settings: Partial<CallLogSettings> = {}): Promise<void> {
    await this.calls[Symbol.asyncDispose]();
    this.calls = this.#open(settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.calls[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }

  #open(settings: Partial<CallLogSettings>): CallLog {
    return new CallLog({
      file: this.file,
      settings: { ...callLogSettings.parse({}), ...settings },
      clock: this.clock,
      log: this.systemLog,
    });
  }
}
