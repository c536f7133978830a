/**
 * What people read at a terminal: tables, errors, escapes.
 *
 * @module @patchbay/terminal
 */
export { errorLine } from './error-line.js';
export { type Format, formats, formatted, readFormat } from './format.js';
export { jsonText } from './json.js';
export { metadataText, nameRow } from './name-row.js';
export { itemText, resultText } from './table.js';
export { displayWidth, escapeControls, escapeLines, padToWidth } from './terminal.js';
