import { z } from 'zod';

import { issueMessage } from './issue-message.js';

/** What is wrong with a value, and where. */
export interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

const maxIssues = 10;

/**
 * Checks a refused value again, with messages for its first issues: valid values do not pay for messages, nor does a
 * list of a hundred thousand wrong items pay for a hundred thousand.
 */
export function issuesOf(schema: z.ZodType, value: unknown): Issue[] {
  const context = { async: false, error: issueMessage };
  const checked = schema._zod.run({ value, issues: [] }, context);
  return ('issues' in checked ? checked.issues : [])
    .slice(0, maxIssues)
    .map((issue) => z.core.util.finalizeIssue(issue, context, z.core.config()))
    .map(({ path, message }) => ({ path: path.map((each) => String(each).slice(0, 80)), message }));
}
