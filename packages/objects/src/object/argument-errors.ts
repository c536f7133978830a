import { coreError } from '../errors/core-errors.js';
import type { RpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';
import { didYouMean } from '../text/suggest.js';
import type { ArgDescription, MethodDescription } from './description.js';
import type { Issue } from './issues.js';
import { callSignature, usageLine } from './usage.js';

/** The form of a call's arguments: errors name an option `--size` in argv, and `sizeBytes` in values. */
export type ArgumentForm = 'values' | 'argv';

/** Creates the errors about one method's arguments. */
export class ArgumentErrors {
  readonly #method: MethodDescription;
  readonly #form: ArgumentForm;

  constructor(method: MethodDescription, form: ArgumentForm) {
    this.#method = method;
    this.#form = form;
  }

  /** Creates the `ARGUMENT_MISSING` of an argument. */
  missing(name: string): RpcError {
    return coreError('ARGUMENT_MISSING', `${this.#label(name)} is missing; usage: ${this.#usage()}`, {
      details: { argument: name },
    });
  }

  /** Creates the `ARGUMENT_SURPLUS` of too many values. @param extra the first surplus value */
  surplus(given: number, extra: unknown): RpcError {
    const most = this.#method.args.length;
    const takes = most === 0 ? 'no arguments' : most === 1 ? 'one argument' : `${String(most)} arguments`;
    const mayBeSecret = [...this.#method.args, ...this.#method.options].some(holdsSecret);
    const first =
      typeof extra === 'string' && !mayBeSecret ? ` (the first extra one is ${quoted(extra)})` : '';
    const isDashed = this.#form === 'argv' && typeof extra === 'string' && /^-[^-]/.test(extra);
    const dash = isDashed ? '; options start with two dashes' : '';
    const message = `${this.#method.name} takes ${takes}, but ${given === 1 ? '1 was' : `${String(given)} were`} given${first}${dash}`;
    return coreError('ARGUMENT_SURPLUS', `${message}; usage: ${this.#usage()}`, { details: { given, most } });
  }

  /** Creates the `OPTION_UNKNOWN` of an option that the method does not have. */
  unknownOption(given: string): RpcError {
    const names = this.#method.options.map(({ name, flag }) => (this.#form === 'argv' ? flag : name));
    const hint =
      names.length === 0
        ? `; ${this.#method.name} takes no options`
        : didYouMean(given, names) || `; its options are ${names.join(', ')}`;
    return coreError('OPTION_UNKNOWN', `${this.#method.name} has no option ${quoted(given)}${hint}`, {
      details: { option: given.slice(0, 80) },
    });
  }

  /** Refuses an argument, or its absence, before there is a value for a schema to check. */
  unreadable(name: string, why: string): RpcError {
    return coreError('ARGUMENT_INVALID', `${this.#label(name)}: ${why}`, {
      details: { argument: name, path: [name], issues: [{ path: [name], message: why }] },
    });
  }

  /** Refuses text that cannot be read as what an argument is. */
  mistyped(name: string, expects: string, text: string): RpcError {
    return this.unreadable(name, `must be ${expects}${this.#isSecret(name) ? '' : `, not ${quoted(text)}`}`);
  }

  /** Refuses text for an argument that takes a file's content: a command may read the file of that name, and retry. */
  fileExpected(name: string, expects: string, text: string): RpcError {
    if (this.#isSecret(name)) {
      return this.mistyped(name, expects, text);
    }
    const advice = `to pass the content of the file ${quoted(text)}, write ${quoted(`@${text}`)}`;
    return coreError('FILE_EXPECTED', `${this.#label(name)} must be ${expects}; ${advice}`, {
      details: { argument: name, word: text },
    });
  }

  /** Refuses a positional argument that its schema refuses. */
  invalidArgument(name: string, issues: readonly Issue[]): RpcError {
    return this.#invalid(issues.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
  }

  /** Refuses options that their schema refuses: reports unknown ones first, then missing, then invalid ones. */
  invalidOptions(issues: readonly Issue[], options: Readonly<Record<string, unknown>>): RpcError {
    const unknown = Object.keys(options).find(
      (key) => !this.#method.options.some(({ name }) => name === key),
    );
    if (unknown !== undefined) {
      return this.unknownOption(unknown);
    }
    const missing = issues.find(({ path }) => path.length === 1 && options[String(path[0])] === undefined);
    return missing === undefined ? this.#invalid(issues) : this.missing(String(missing.path[0]));
  }

  #invalid(issues: readonly Issue[]): RpcError {
    const [first = { path: [''], message: 'is not valid' }] = issues;
    const [argument = '', ...within] = first.path;
    const label = this.#label(argument, within);
    return coreError('ARGUMENT_INVALID', `${label}: ${first.message}`, {
      details: { argument, path: first.path, issues },
    });
  }

  #label(name: string, within: readonly string[] = []): string {
    const option = this.#method.options.find((each) => each.name === name);
    const shown = option !== undefined && this.#form === 'argv' ? option.flag : name;
    return `${option === undefined ? 'argument' : 'option'} ${quoted([shown, ...within].join('.'))}`;
  }

  #isSecret(name: string): boolean {
    return [...this.#method.args, ...this.#method.options].some(
      (each) => each.name === name && holdsSecret(each),
    );
  }

  #usage(): string {
    return this.#form === 'argv' ? usageLine(this.#method) : callSignature(this.#method);
  }
}

/** Reports whether an argument is secret, or a part of it. */
function holdsSecret({ schema }: Pick<ArgDescription, 'schema'>): boolean {
  return JSON.stringify(schema).includes('"secret":true');
}
