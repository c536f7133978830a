import { z } from 'zod';

import { durationSchema, timestampSchema } from '@patchbay/objects/define';

/** A call as the log keeps it. */
export interface CallRecord {
  /** When it was answered, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly durationUs: number;
  readonly outgoing: boolean;
  /** Who made it. */
  readonly caller: string;
  /** For whom, if not for itself. */
  readonly onBehalfOf: string | undefined;
  readonly object: string;
  readonly method: string;
  /** The address or socket file of the other end; of an outgoing call its server. */
  readonly peer: string | undefined;
  readonly code: string | undefined;
  readonly reason: string | undefined;
  /** Why it was made, as the caller says. */
  readonly comment: string | undefined;
  readonly callId: string;
  readonly correlationId: string;
  /** As bounded JSON, with secrets masked. */
  readonly arguments: string | undefined;
  readonly answerBytes: number | undefined;
  /** As bounded JSON, with secrets masked. */
  readonly answer: string | undefined;
  /** The server that answered it and says so; undefined for a call of this daemon. */
  readonly reportedBy?: string | undefined;
}

/** The schema of a call as callers see it. */
export const loggedCall = z.object({
  at: timestampSchema().describe('when it was answered'),
  durationMs: durationSchema().or(z.number()),
  direction: z.enum(['in', 'out']),
  caller: z.string(),
  onBehalfOf: z.string().optional(),
  object: z.string(),
  method: z.string(),
  peer: z.string().optional(),
  code: z.string().optional(),
  reason: z.string().optional(),
  comment: z.string().optional().describe('why it was made, as its caller says'),
  callId: z.string(),
  correlationId: z.string(),
  arguments: z.unknown().optional().describe('shortened, with secrets masked'),
  answerBytes: z.int().optional(),
  answer: z.unknown().optional().describe('shortened, with secrets masked'),
  reportedBy: z.string().optional().describe('the server that answered it, where that was not this daemon'),
});
/** A call as callers see it. */
export type LoggedCall = z.infer<typeof loggedCall>;

/** Shows a call to those who may read the log. */
export function viewCall(record: CallRecord): LoggedCall {
  const { outgoing, atMs, durationUs, answer, arguments: given, ...others } = record;
  const present = Object.entries(others).filter(([, value]) => value !== undefined);
  return {
    at: new Date(atMs).toISOString(),
    durationMs: durationUs / 1000,
    direction: outgoing ? 'out' : 'in',
    ...(Object.fromEntries(present) as Omit<LoggedCall, 'at' | 'durationMs' | 'direction'>),
    ...(given === undefined ? {} : { arguments: parsed(given) }),
    ...(answer === undefined ? {} : { answer: parsed(answer) }),
  };
}

/** Returns a value that the log holds as JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json; // a damaged file
  }
}
