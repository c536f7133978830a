import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import {
  type CheckContext,
  isObjectDefinition,
  isRpcError,
  type ObjectContext,
  type ObjectDefinition,
  type ObjectFactory,
  quoted,
  RpcError,
} from '@patchbay/objects';

import { rpcServerError } from './errors.js';

/** An object in a configuration. */
export interface ObjectEntry {
  readonly name: string;
  /** A path, relative to `baseDir`, or the name of a package. */
  readonly module: string;
  /** Passed to the module unchanged, which checks them. */
  readonly options?: unknown;
}

/**
 * Loads a module and calls it to create its object. A package is resolved from `baseDir` first, then from this program.
 *
 * @throws RpcError `MODULE_NOT_FOUND`, `MODULE_INVALID`, `OBJECT_FAILED`, or an error of the module
 */
export async function loadObject(
  entry: ObjectEntry,
  baseDir: string,
  context: ObjectContext,
): Promise<ObjectDefinition> {
  const { default: factory } = await load(entry, baseDir);
  const object = await callModule(entry, () => factory(entry.options ?? {}, context));
  if (!isObjectDefinition(object)) {
    throw rpcServerError(
      'MODULE_INVALID',
      `${title(entry)} returned no object; it must return the result of defineObject`,
    );
  }
  return object;
}

/**
 * Loads a module and calls its named export `checkOptions`, which throws if the options are wrong, without creating its
 * object. A module without that export is only loaded.
 *
 * @throws RpcError `MODULE_NOT_FOUND`, `MODULE_INVALID`, `OBJECT_FAILED`, or an error of the module
 */
export async function checkObject(
  entry: ObjectEntry,
  baseDir: string,
  context: Omit<CheckContext, 'name'>,
): Promise<void> {
  const { checkOptions } = await load(entry, baseDir);
  if (typeof checkOptions === 'function') {
    await callModule(entry, () => checkOptions(entry.options ?? {}, { name: entry.name, ...context }));
  }
}

/** Calls a function of a module; the message of its error begins with the object's name. */
async function callModule(entry: ObjectEntry, work: () => unknown): Promise<unknown> {
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

/** The exports of an object's module. */
interface ObjectModule {
  readonly default: ObjectFactory;
  readonly checkOptions?: (options: unknown, context: CheckContext) => unknown;
}

async function load(entry: ObjectEntry, baseDir: string): Promise<ObjectModule> {
  const url = locate(entry, baseDir);
  let module: { readonly default?: unknown };
  try {
    module = (await import(url)) as typeof module;
  } catch (error) {
    throw rpcServerError('MODULE_INVALID', `${title(entry)} cannot be loaded: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (typeof module.default !== 'function') {
    throw rpcServerError('MODULE_INVALID', `${title(entry)} has no function as its default export`);
  }
  return module as ObjectModule;
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
        // It exists, but the package's `exports` hide it from `require`, which resolves it.
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

/** Returns a message of anything that a module may throw. */
function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
