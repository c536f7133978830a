import { z } from 'zod';

import { kebabCase, withoutUnit } from '../text/field-name.js';
import { accessOf, type MethodDefinition, type ObjectDefinition, propertiesOf } from './definition.js';
import type {
  ArgDescription,
  JsonSchema,
  MethodDescription,
  ObjectDescription,
  OptionDescription,
} from './description.js';
import { outputSide, type Side } from './schema-parts.js';
import { Secrets } from './secrets.js';

/**
 * Describes an object as plain JSON, for clients in any language: help, completion and forms.
 *
 * @param shows whether to describe a method or property; default: all
 */
export function describeObject(
  name: string,
  definition: ObjectDefinition,
  shows: (member: string) => boolean = () => true,
): ObjectDescription {
  const shown = <T>(members: Readonly<Record<string, T>>): [string, T][] =>
    Object.entries(members).filter(([member]) => shows(member));
  return {
    name,
    summary: definition.summary,
    ...deprecation(definition),
    methods: shown(definition.methods).map(([methodName, each]) => describeMethod(methodName, each)),
    properties: shown(propertiesOf(definition)).map(([propertyName, each]) => ({
      name: propertyName,
      summary: each.summary,
      schema: outputOf(each.returns),
      access: accessOf(each),
      ...deprecation(each),
    })),
  };
}

/** Describes one method as plain JSON. */
export function describeMethod(name: string, definition: MethodDefinition): MethodDescription {
  return {
    name,
    summary: definition.summary,
    args: describeArgs(definition),
    options: describeOptions(definition),
    returns: outputOf(definition.returns),
    ...(definition.yields === undefined ? {} : { yields: outputOf(definition.yields) }),
    idempotent: definition.idempotent,
    timeoutMs: definition.timeoutMs,
    access: accessOf(definition),
    ...(definition.destructive ? { destructive: true } : {}),
    ...(definition.job === undefined ? {} : { job: definition.job }),
    ...(definition.requiresReason === true ? { requiresReason: true } : {}),
    ...deprecation(definition),
  };
}

function deprecation({ deprecated }: { readonly deprecated: string | undefined }): { deprecated?: string } {
  return deprecated === undefined ? {} : { deprecated };
}

function secrecy(schema: z.ZodType): { secret?: true } {
  return Secrets.of(schema)?.isWhole === true ? { secret: true } : {};
}

function describeArgs(definition: MethodDefinition): ArgDescription[] {
  return definition.args.map(({ name, summary, schema: zodSchema }, index) => {
    const schema = schemaOf(zodSchema, 'input');
    const takesRest = schema.type === 'array' && index === definition.args.length - 1;
    return {
      name,
      summary,
      required: !isOptional(zodSchema),
      placeholder: placeholderOf(name, schema) + (takesRest ? '...' : ''),
      schema,
      ...secrecy(zodSchema),
    };
  });
}

function describeOptions(definition: MethodDefinition): OptionDescription[] {
  const options = Object.entries(definition.options).map(([name, zodSchema]) => {
    const schema = schemaOf(zodSchema, 'input');
    return {
      name,
      zodSchema,
      schema,
      long: kebabCase(name),
      short: kebabCase(withoutUnit(name, schema.unit)),
    };
  });
  const flags = options.flatMap(({ long, short }) => [long, short]);
  return options.map(({ name, zodSchema, schema, long, short }) => {
    // Without its unit, unless another option has that name.
    const isShared = short !== long && flags.filter((each) => each === short).length > 1;
    return {
      name,
      flag: `--${isShared ? long : short}`,
      summary: zodSchema.description ?? '',
      required: !isOptional(zodSchema),
      ...(schema.type === 'boolean' ? {} : { placeholder: placeholderOf(name, schema) }),
      schema,
      ...secrecy(zodSchema),
    };
  });
}

/** Reports whether an argument or option may be omitted. */
export function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}

/** Returns the placeholder that a schema sets by `.meta({ placeholder: 'IQN' })`, else one made from the name. */
function placeholderOf(name: string, schema: JsonSchema): string {
  const own = schema.placeholder;
  return typeof own === 'string'
    ? own
    : kebabCase(withoutUnit(name, schema.unit)).replaceAll('-', '_').toUpperCase();
}

/** Describes what a caller gets. */
function outputOf(schema: z.ZodType): JsonSchema {
  return schemaOf(schema, outputSide(schema));
}

function schemaOf(schema: z.ZodType, io: Side): JsonSchema {
  const full = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  // Through JSON, so that a description is the same locally as a client gets it over the wire.
  const plain = JSON.parse(JSON.stringify(full)) as JsonSchema;
  delete plain.$schema;
  return plain;
}
