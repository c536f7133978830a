import { z } from 'zod';

/** A JSON Schema (draft 2020-12). A `unit` of `bytes` or `milliseconds` tells what a number counts. */
export const jsonSchema = z.record(z.string(), z.unknown());
/** A JSON Schema, draft 2020-12, with the keywords that the protocol page adds. */
export type JsonSchema = z.infer<typeof jsonSchema>;

/** A positional argument, as a client in any language sees it. */
export const argDescription = z.object({
  name: z.string(),
  summary: z.string(),
  required: z.boolean(),
  /** Stands for the value in a usage line, such as `NODE`; ends in `...` where it takes all the words left. */
  placeholder: z.string(),
  schema: jsonSchema,
});
/** What `Describe` tells of a positional argument. */
export type ArgDescription = z.infer<typeof argDescription>;

/** A named option, as a client in any language sees it. */
export const optionDescription = z.object({
  name: z.string(),
  /** How a command line spells it, such as `--size` for `sizeBytes`. */
  flag: z.string(),
  summary: z.string(),
  required: z.boolean(),
  /** Stands for the value in a usage line; absent where the flag alone says it, as for a boolean. */
  placeholder: z.string().optional(),
  schema: jsonSchema,
});
/** What `Describe` tells of an option. */
export type OptionDescription = z.infer<typeof optionDescription>;

/** A method, as a client in any language sees it. */
export const methodDescription = z.object({
  name: z.string(),
  summary: z.string(),
  args: z.array(argDescription),
  options: z.array(optionDescription),
  returns: jsonSchema,
  /** The schema of what the method yields on the way; absent for a method that yields nothing. */
  yields: jsonSchema.optional(),
  idempotent: z.boolean(),
});
/** What `Describe` tells of a method. */
export type MethodDescription = z.infer<typeof methodDescription>;

/** What `Describe` answers: everything that help, completion and forms are made from. */
export const objectDescription = z.object({
  name: z.string(),
  summary: z.string(),
  methods: z.array(methodDescription),
});
/** What `Describe` tells of an object. */
export type ObjectDescription = z.infer<typeof objectDescription>;
