/**
 * What people read at a terminal: tables, help, errors, escapes.
 *
 * @module @patchbay/terminal
 */
export { confirm } from './confirm.js';
export { asksForJson, errorLine, failureText } from './failure-text.js';
export { type Format, formats, formatted, readFormat } from './format.js';
export {
  argTerm,
  type HelpPage,
  helpText,
  methodHelp,
  methodTerm,
  objectHelp,
  optionMeaning,
  optionTerm,
  type Term,
} from './help.js';
export { jsonText } from './json.js';
export { textWidth, wrap } from './layout.js';
export { metadataText, nameRow } from './name-row.js';
export { outputError } from './output-error.js';
export { longForm, shortFor } from './short-options.js';
export { itemText, resultText } from './table.js';
export { displayWidth, escapeControls, escapeLines, padToWidth } from './terminal.js';
export { type RawTerminal, readSecret, typedUnseen } from './ask-secret.js';
