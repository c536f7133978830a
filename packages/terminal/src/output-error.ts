import { coreError, type RpcError, systemErrorText } from '@patchbay/objects';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Converts a failure to write. @param where the destination: `standard output`, or a file's name in quotes */
export function outputError(where: string, error: NodeJS.ErrnoException): RpcError {
  const reason = full.has(error.code ?? '') ? 'OUTPUT_FULL' : 'OUTPUT_FAILED';
  return coreError(reason, `cannot write ${where}: ${systemErrorText(error)}`, { cause: error });
}
