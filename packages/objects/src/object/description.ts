import { z } from 'zod';

import { accessLevels } from '../identity/access.js';
import { jobPolicy } from '../jobs/policy.js';

/** The schema of a JSON Schema (draft 2020-12), whose `unit` says whether a number counts `bytes` or `milliseconds`. */
export const jsonSchema = z.record(z.string(), z.unknown());
/** A JSON Schema, draft 2020-12, with the keywords that the protocol page adds. */
export type JsonSchema = z.infer<typeof jsonSchema>;

/** The schema of an `ArgDescription`. */
export const argDescription = z.object({
  name: z.string(),
  summary: z.string(),
  required: z.boolean(),
  /** Stands for the value in a usage line, such as `NODE`; ends in `...` if it takes all remaining arguments. */
  placeholder: z.string(),
  schema: jsonSchema,
  /** Whether its values are secret; absent if they are not. */
  secret: z.boolean().optional(),
});
/** A positional argument, as clients in any language see it. */
export type ArgDescription = z.infer<typeof argDescription>;

/** The schema of an `OptionDescription`. */
export const optionDescription = z.object({
  name: z.string(),
  /** Its flag on a command line, such as `--size` for `sizeBytes`. */
  flag: z.string(),
  summary: z.string(),
  required: z.boolean(),
  /** Stands for the value in a usage line; absent for a boolean, whose flag takes no value. */
  placeholder: z.string().optional(),
  schema: jsonSchema,
  /** As that of an argument. */
  secret: z.boolean().optional(),
});
/** A named option, as clients in any language see it. */
export type OptionDescription = z.infer<typeof optionDescription>;

const access = z.enum(accessLevels);

/** The schema of a `MethodDescription`. */
export const methodDescription = z.object({
  name: z.string(),
  summary: z.string(),
  args: z.array(argDescription),
  options: z.array(optionDescription),
  returns: jsonSchema,
  /** The schema of the items that the method yields; absent if it yields none. */
  yields: jsonSchema.optional(),
  idempotent: z.boolean(),
  /** The time limit of a call whose caller gives none; absent in descriptions by servers that keep none. */
  timeoutMs: z.union([z.number(), z.literal('none')]).optional(),
  /** What its caller must be; absent in descriptions by servers that know of no levels, where it is `operate`. */
  access: access.optional(),
  /** Whether it destroys something; absent if it does not. */
  destructive: z.boolean().optional(),
  /** How it is carried out as a job, if it asks to be one by default; absent if it does not. */
  job: jobPolicy.optional(),
  /** Whether its caller must say why it is called, in the metadata `reason`; absent if not. */
  requiresReason: z.boolean().optional(),
  /** Why callers should no longer use it; absent if they may. */
  deprecated: z.string().optional(),
});
/** A method, as clients in any language see it. */
export type MethodDescription = z.infer<typeof methodDescription>;

/** The schema of a `PropertyDescription`. */
export const propertyDescription = z.object({
  name: z.string(),
  summary: z.string(),
  schema: jsonSchema,
  /** What its reader must be; absent in descriptions by servers that know of no levels, where it is `view`. */
  access: access.optional(),
  /** Why callers should no longer use it; absent if they may. */
  deprecated: z.string().optional(),
});
/** A property, as clients in any language see it. */
export type PropertyDescription = z.infer<typeof propertyDescription>;

/** The schema of an `ObjectDescription`. */
export const objectDescription = z.object({
  name: z.string(),
  summary: z.string(),
  /** Why callers should no longer use the object, or this version of it; absent if they may. */
  deprecated: z.string().optional(),
  methods: z.array(methodDescription),
  /** Absent in descriptions by servers that know of none. */
  properties: z.array(propertyDescription).optional(),
});
/** The result of `Describe`, from which help, completion and forms are made. */
export type ObjectDescription = z.infer<typeof objectDescription>;
