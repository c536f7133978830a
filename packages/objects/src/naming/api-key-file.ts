import { coreError } from '../errors/core-errors.js';
import { type ApiKey, parseApiKey } from '../identity/api-key.js';
import { readTrustedFile } from '../identity/trusted-file.js';
import { type FindOptions, inClientFiles } from './find-name-server.js';

/** The environment variable with the path of a file that has an API key. */
export const apiKeyFileVariable = 'PATCHBAY_API_KEY_FILE';

/**
 * Reads an API key from a file with mode 0600, as `identity.create_key` has shown it.
 *
 * @throws RpcError `IDENTITY_FILE_UNSAFE` where others may read it, `CONFIG_INVALID` where there is none in it
 */
export function readApiKeyFile(path: string): ApiKey {
  const text = readTrustedFile(path, { what: 'API key file', isSecret: true, maxBytes: 4096 });
  const key = parseApiKey(text ?? '');
  if (key === undefined) {
    const message =
      text === undefined ? 'is not there' : 'has no API key, which is pbk1. and two parts, as it was printed';
    throw coreError('CONFIG_INVALID', `the API key file ${path} ${message}`, {
      details: { problems: [{ where: path, message }] },
    });
  }
  return key;
}

/**
 * Finds the API key that a client is told to use: in the file that the environment variable `PATCHBAY_API_KEY_FILE` names,
 * else `apiKeyFile` of the user's `client.yaml` or the machine's; undefined where none is named.
 *
 * @throws RpcError as `readApiKeyFile`, `CONFIG_INVALID`
 */
export function findApiKey(options: FindOptions = {}): ApiKey | undefined {
  const { environment = process.env } = options;
  const variable = environment[apiKeyFileVariable] ?? '';
  const path = variable === '' ? inClientFiles('apiKeyFile', options) : variable;
  return path === undefined ? undefined : readApiKeyFile(path);
}
