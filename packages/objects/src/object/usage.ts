import type { ArgDescription, MethodDescription, OptionDescription } from './description.js';

/** Returns a method's usage line for the command: `provision NODE IMAGE [SNAPSHOT] [--size SIZE]`. */
export function usageLine(method: MethodDescription): string {
  return [method.name, ...method.args.map(argUsage), ...method.options.map(optionUsage)].join(' ');
}

/** Returns a method's usage for programs: `provision(node, image, snapshot?, { sizeBytes? })`. */
export function callSignature(method: MethodDescription): string {
  const named = ({ name, required }: ArgDescription | OptionDescription): string =>
    required ? name : `${name}?`;
  const options = method.options.length === 0 ? [] : [`{ ${method.options.map(named).join(', ')} }`];
  return `${method.name}(${[...method.args.map(named), ...options].join(', ')})`;
}

/** Formats an option: `--size SIZE`, `--keep-disk`, or `--no-verify` if it is on by default. */
export function optionSpelling({ flag, placeholder, schema, required }: OptionDescription): string {
  if (placeholder !== undefined) {
    return `${flag} ${placeholder}`;
  }
  const negated = flag.replace(/^--/, '--no-');
  if (required) {
    return `${flag}|${negated}`;
  }
  return schema.default === true ? negated : flag;
}

function argUsage({ placeholder, required }: ArgDescription): string {
  return required ? placeholder : `[${placeholder}]`;
}

function optionUsage(option: OptionDescription): string {
  const spelling = optionSpelling(option);
  const repeated = option.schema.type === 'array' ? '...' : '';
  return (option.required ? spelling : `[${spelling}]`) + repeated;
}
