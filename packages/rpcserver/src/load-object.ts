import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  isRpcError,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  quoted,
} from '@patchbay/core';

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
  const { default: factory } = await load(entry, baseDir);
  if (typeof factory !== 'function') {
    throw rpcServerError(
      'MODULE_INVALID',
      `module ${quoted(entry.module)} of object "${entry.name}" has no function as its default export`,
    );
  }
  try {
    return await (factory as ObjectFactory)(entry.options ?? {}, context);
  } catch (error) {
    if (isRpcError(error)) {
      throw error;
    }
    throw rpcServerError(
      'OBJECT_FAILED',
      `object "${entry.name}" could not start: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

async function load(entry: ObjectEntry, baseDir: string): Promise<{ readonly default?: unknown }> {
  const url = locate(entry.module, baseDir);
  if (url === undefined) {
    throw rpcServerError(
      'MODULE_NOT_FOUND',
      `object "${entry.name}": there is no module ${quoted(entry.module)} in ${baseDir}; give a path or an installed package`,
    );
  }
  try {
    return (await import(url)) as { readonly default?: unknown };
  } catch (error) {
    throw rpcServerError(
      'MODULE_INVALID',
      `module ${quoted(entry.module)} of object "${entry.name}" cannot be loaded: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function locate(module: string, baseDir: string): string | undefined {
  const isPath = module.startsWith('.') || isAbsolute(module);
  const bases = isPath
    ? [pathToFileURL(join(baseDir, 'x'))]
    : [pathToFileURL(join(baseDir, 'x')), import.meta.url];
  for (const base of bases) {
    try {
      return pathToFileURL(createRequire(base).resolve(module)).href;
    } catch {
      // not there: the next place, or none
    }
  }
  return undefined;
}
