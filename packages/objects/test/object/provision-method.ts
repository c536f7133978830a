import { z } from 'zod';

import { arg } from '../../src/object/arg.js';
import { bytesSchema, durationSchema } from '../../src/object/schemas.js';
import { method } from '../../src/object/define.js';
import type { MethodDefinition } from '../../src/object/definition.js';

const nodeName = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(/^[a-z0-9-]+$/, 'must be lower-case letters, digits and "-"');

/** A method with every kind of argument and option of a command line. */
export function provisionMethod(): MethodDefinition {
  return method({
    summary: 'Give a node a disk',
    args: [
      arg('node', nodeName, 'The node'),
      arg('image', z.string(), 'The image'),
      arg('snapshot', z.string().optional(), 'A snapshot of the image'),
    ],
    options: {
      sizeBytes: bytesSchema().positive().optional().describe('The size of the disk'),
      timeoutMs: durationSchema().default(30_000),
      initiator: z.string().optional().meta({ placeholder: 'IQN' }),
      keepDisk: z.boolean().default(false),
      verify: z.boolean().default(true),
      format: z.enum(['raw', 'qcow2']).optional(),
      luns: z.array(z.int()).optional(),
      labels: z.record(z.string(), z.string()).optional(),
    },
    returns: z.object({ sizeBytes: bytesSchema() }),
    idempotent: true,
    run: () => ({ sizeBytes: 1 }),
  });
}

/** The bound values of absent options. */
export const defaults = { timeoutMs: 30_000, keepDisk: false, verify: true };
