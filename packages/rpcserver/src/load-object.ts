import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  isObjectDefinition,
  isRpcError,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  quoted,
  RpcError,
} from '@patchbay/objects';

import { rpcServerError } from './errors.js';

/** An object as a configuration names it. */
export interface ObjectEntry {
  readonly name: string;
  /** A path, relative to `baseDir`, or the name of a package. */
  readonly module: string;
  /** Given to the module as they are; it checks them. */
  readonly options?: unknown;
}

/**
 * Loads a module and lets it make its object. A package is looked for from `baseDir` first, then beside this
 * program.
 *
 * @throws RpcError `MODULE_NOT_FOUND`, `MODULE_INVALID`, `OBJECT_FAILED`, or what the module itself refuses with
 */
export async function loadObject(
  entry: ObjectEntry,
  baseDir: string,
  context: ObjectContext,
): Promise<ObjectDefinition> {
  const { factory } = await load(entry, baseDir);
  const object: unknown = await make(factory, entry, context);
  if (!isObjectDefinition(object)) {
    throw rpcServerError(
      'MODULE_INVALID',
      `${title(entry)} made no object; it shall give what defineObject does`,
    );
  }
  return object;
}

/**
 * Loads a module and lets it check the options, without making its object. Modules do that by a named export
 * `checkOptions`, which throws what is wrong; one that has none is only loaded.
 *
 * @throws RpcError `MODULE_NOT_FOUND`, `MODULE_INVALID`, `OBJECT_FAILED`, or what the module itself refuses with
 */
export async function checkObject(entry: ObjectEntry, baseDir: string): Promise<void> {
  const { check } = await load(entry, baseDir);
  await asked(entry, () => check?.(entry.options ?? {}));
}

async function make(factory: ObjectFactory, entry: ObjectEntry, context: ObjectContext): Promise<unknown> {
  return await asked(entry, () => factory(entry.options ?? {}, context));
}

/** Asks something of a module; what it throws says which object it was for. */
async function asked(entry: ObjectEntry, work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (isRpcError(error)) {
      throw new RpcError(error.code, error.reason, `object "${entry.name}": ${error.message}`, {
        details: error.details,
        cause: error,
      });
    }
    throw rpcServerError('OBJECT_FAILED', `object "${entry.name}" could not start: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** What a module that makes objects has for it. */
interface ObjectModule {
  readonly factory: ObjectFactory;
  readonly check: ((options: unknown) => unknown) | undefined;
}

async function load(entry: ObjectEntry, baseDir: string): Promise<ObjectModule> {
  const { default: factory, checkOptions: check } = await importModule(entry, baseDir);
  if (typeof factory !== 'function') {
    throw rpcServerError('MODULE_INVALID', `${title(entry)} has no function as its default export`);
  }
  return {
    factory: factory as ObjectFactory,
    check: typeof check === 'function' ? (check as (options: unknown) => unknown) : undefined,
  };
}

async function importModule(entry: ObjectEntry, baseDir: string): Promise<Readonly<Record<string, unknown>>> {
  const url = locate(entry, baseDir);
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw rpcServerError('MODULE_INVALID', `${title(entry)} cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function locate(entry: ObjectEntry, baseDir: string): string {
  const { name, module } = entry;
  const isPath = module.startsWith('.') || isAbsolute(module);
  const beside = pathToFileURL(join(baseDir, 'x'));
  for (const base of isPath ? [beside] : [beside, import.meta.url]) {
    try {
      return pathToFileURL(createRequire(base).resolve(module)).href;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
        // It is there, but as a package whose `exports` hide it from `require`, by which it is looked for.
        throw rpcServerError(
          'MODULE_INVALID',
          `${title(entry)} cannot be found by its name: ${messageOf(error)}; give the path of its file instead`,
          { cause: error },
        );
      }
    }
  }
  throw rpcServerError(
    'MODULE_NOT_FOUND',
    `object "${name}": there is no module ${quoted(module)} in ${baseDir}; give a path or an installed package`,
  );
}

function title({ name, module }: ObjectEntry): string {
  return `module ${quoted(module)} of object "${name}"`;
}

/** A module may throw anything, also what is no error. */
function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
