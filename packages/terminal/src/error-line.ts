import { isRpcError } from '@patchbay/objects';

import { escapeControls } from './terminal.js';

/**
 * Formats an error as the commands print it: `error: NOT_FOUND IMAGE_NOT_FOUND: no image "ubunut"`. It is one line
 * whatever the message contains, and cannot control the terminal.
 */
export function errorLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = isRpcError(error) ? `${error.code} ${error.reason}` : 'INTERNAL UNEXPECTED';
  return escapeControls(`error: ${code}: ${message}`);
}
