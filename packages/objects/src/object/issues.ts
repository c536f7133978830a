import { z } from 'zod';

import { issueMessage, secretIssueMessage } from './issue-message.js';
import type { Secrets } from './secrets.js';

/** What is wrong with a value, and where. */
export interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

const maxIssues = 10;

/** What a schema made of a value: it is valid if there are no issues. */
type Checked = z.core.ParsePayload;

const context = { async: false, error: issueMessage };

/** Checks a value. What is wrong with it is not put into words: a list may hold a hundred thousand wrong items. */
export function check(schema: z.ZodType, value: unknown): Checked {
  const checked = schema._zod.run({ value, issues: [] }, context);
  if (checked instanceof Promise) {
    throw new z.core.$ZodAsyncError();
  }
  return checked;
}

/** Puts the first issues of a value into words, without its secrets. */
export function firstIssues({ issues }: Checked, secrets?: Secrets): Issue[] {
  return issues
    .slice(0, maxIssues)
    .map((issue) =>
      secrets?.touches(issue.path ?? []) === true
        ? { path: issue.path ?? [], message: secretIssueMessage(issue) }
        : z.core.util.finalizeIssue(issue, context, z.core.config()),
    )
    .map(({ path, message }) => ({ path: path.map((each) => String(each).slice(0, 80)), message }));
}
