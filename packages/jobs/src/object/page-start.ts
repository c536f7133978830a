import { z } from 'zod';

/** The option of a list for where its page begins. */
export const pageStart = z
  .string()
  .max(200)
  .regex(/^\d{15}\/[^/]+$/)
  .optional()
  .describe('where the page begins: the `next` of the page before');
