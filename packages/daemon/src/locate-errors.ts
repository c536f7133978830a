import type { RpcError } from '@patchbay/objects';

import { type KeyPath, keyText } from './key-path.js';
import { errorAbout } from './problems.js';
import { readYamlFile } from './yaml-file.js';

/**
 * Locates an error in a configuration file: at a key or, if the error's `details.issues` name paths below it, as a
 * module's check of its options may, at each of those. Returns one error for each location, prefixed with file and line.
 */
export function locateErrors(file: string, path: KeyPath, error: RpcError): readonly RpcError[] {
  const yaml = readYamlFile(file);
  const { issues } = error.details;
  const listed = Array.isArray(issues) ? (issues as unknown[]).filter(isIssue) : [];
  const located: readonly Issue[] = listed.length === 0 ? [{ path: [], message: error.message }] : listed;
  return located.map(({ path: below, message }) => {
    const at = [...path, ...below];
    const where = `${yaml.name}:${String(yaml.lineOf(at))}`;
    return errorAbout({ where, key: keyText(at), message }, error, error);
  });
}

interface Issue {
  readonly path: KeyPath;
  readonly message: string;
}

function isIssue(value: unknown): value is Issue {
  return (
    typeof value === 'object' &&
    value !== null &&
    'path' in value &&
    Array.isArray(value.path) &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
