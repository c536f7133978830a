import { z } from 'zod';

import { arg, defineObject, method, timestampSchema, bytesSchema } from '@patchbay/objects/define';

import type { CallLog } from './call-log.js';
import { loggedCall, viewCall } from './record.js';
import { reportedCalls } from './reports.js';

const text = z.string().min(1).max(200);

const filters = {
  caller: text.optional().describe('who made them, such as `user:alice`, or a glob'),
  onBehalfOf: text.optional().describe('for whom somebody else made them, or a glob'),
  method: text.optional().describe('OBJECT.METHOD, or a glob such as `storage.*`'),
  direction: z.enum(['in', 'out']).optional().describe('those that the daemon answered, or made'),
  failed: z.boolean().optional().describe('those that failed, or with --no-failed did not'),
  error: text.optional().describe('those that failed with this code or reason'),
  correlationId: text.optional().describe('those that belong together by this id'),
  text: text
    .optional()
    .describe('what their arguments, answer or comment contain; within at most 31 days, by --since'),
};

const spans = {
  since: text.optional().describe('not before this: a timestamp, or how long ago, such as `1h`'),
  until: text.optional().describe('before this: a timestamp, or how long ago'),
};

const page = z.object({
  calls: z.array(loggedCall),
  next: z.string().optional().describe('where the next page begins; absent after the last'),
});

const status = z.object({
  bytes: bytesSchema().optional().describe('how much of its file is used'),
  first: timestampSchema().optional(),
  last: timestampSchema().optional(),
  dropped: z.int().describe('how many calls could not be logged since the start'),
  problem: z.string().optional().describe('why the file cannot be used; absent if it can'),
});

/** The object by which a daemon shows its call log. */
export type CallsObject = ReturnType<typeof callsObject>;

/** Creates the object by which a daemon shows its call log, to admins. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function callsObject(log: CallLog) {
  return defineObject({
    summary: 'The log of the calls that this daemon answered and made',
    methods: {
      list: method({
        summary: 'List calls, the newest first, a page at a time',
        access: 'administer',
        options: {
          ...filters,
          ...spans,
          limit: z.int().min(1).max(1000).default(100).describe('how many calls a page has'),
          from: text.optional().describe('where the page begins: the `next` of the page before'),
        },
        returns: page,
        idempotent: true,
        timeoutMs: 60_000,
        run: async ({ limit, from, ...filter }, { signal }) => {
          const { calls, next } = await log.page(filter, { limit, from, signal });
          return { calls: calls.map(viewCall), ...(next === undefined ? {} : { next }) };
        },
      }),
      follow: method({
        summary: 'Yield calls as they are answered, until cancelled',
        access: 'administer',
        options: filters,
        returns: z.null(),
        yields: loggedCall.extend({
          missed: z.int().optional().describe('how many before it were too many'),
        }),
        timeoutMs: 'none',
        run: async function* (filter, { signal }) {
          for await (const { record, missed } of log.follow(filter, signal)) {
            yield { ...viewCall(record), ...(missed === 0 ? {} : { missed }) };
          }
          return null;
        },
      }),
      status: method({
        summary: 'Return how large the log is, and whether calls are missing',
        access: 'administer',
        returns: status,
        idempotent: true,
        run: () => {
          const { bytes, span, dropped, problem } = log.status();
          return {
            ...(bytes === undefined ? {} : { bytes }),
            ...(span === undefined ? {} : { first: timestamp(span.firstMs), last: timestamp(span.lastMs) }),
            dropped,
            ...(problem === undefined ? {} : { problem }),
          };
        },
      }),
    },
  });
}

/** Creates the object by which a name server shows its call log, and takes in what servers report. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- inferred, as the client's types are
export function nameServerCallsObject(log: CallLog) {
  return defineObject({
    summary: 'The log of the calls that this daemon answered and made, and of what servers report',
    methods: {
      ...callsObject(log).methods,
      report: method({
        summary: 'Report refused calls and changes of identities, as servers do',
        access: 'member',
        args: [arg('calls', reportedCalls, 'the calls')],
        options: {
          missed: z.int().min(0).default(0).describe('how many before them could not be reported'),
        },
        returns: z.null(),
        run: (calls, { missed }, context) => {
          const { principal } = context.caller;
          if (!principal.startsWith('host:')) {
            context.requireAccess('administer');
          }
          log.takeReports(principal, calls, missed);
          return null;
        },
      }),
    },
  });
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * Returns the name of a daemon's call log, `calls.DAEMON.HOST`.
 *
 * @param daemon such as `rpcserver`
 * @param host the machine's name, of which the first label is taken
 */
export function callsName(daemon: string, host: string): string {
  const [label = ''] = host.toLowerCase().split('.');
  const name = label
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^-+/, '')
    .slice(0, 63);
  return `calls.${daemon}.${name === '' ? 'localhost' : name}`;
}
