/** An option of the command, as opposed to one of a method. */
export interface GlobalOption {
  /** The value as help shows it; absent where the option takes none. */
  readonly placeholder?: string;
  /** Whether the value may be omitted; the next argument is then taken for it only if it looks like one. */
  readonly valueOptional?: boolean;
}

/** The options that the command itself takes; `globalOptionTerms` has their summaries. */
export const globalOptions = {
  'name-server': { placeholder: 'HOST:PORT' },
  insecure: {},
  'tls-cert': { placeholder: 'FILE' },
  'tls-key': { placeholder: 'FILE' },
  'tls-roots': { placeholder: 'FILE' },
  object: { placeholder: 'NAME' },
  timeout: { placeholder: 'DURATION' },
  reason: { placeholder: 'TEXT' },
  yes: {},
  async: {},
  'no-async': {},
  on: { placeholder: 'SELECTOR' },
  job: { placeholder: 'KEY=VALUE,...' },
  format: { placeholder: 'FORMAT' },
  json: {},
  output: { placeholder: 'FILE' },
  watch: { placeholder: '[INTERVAL]', valueOptional: true },
  help: {},
  version: {},
} satisfies Readonly<Record<string, GlobalOption>>;

/** The files of a PKI of one's own: the certificate, its key, the roots. */
export const tlsOptionNames = ['tls-cert', 'tls-key', 'tls-roots'] as const;

export type GlobalOptionName = keyof typeof globalOptions;

/** Reports whether a name, without its dashes, is that of a global option. */
export function isGlobalOption(name: string): name is GlobalOptionName {
  return Object.hasOwn(globalOptions, name);
}

/** Reports whether a flag of a method is also that of a global option, which takes precedence. */
export function isHidden(flag: string): boolean {
  return isGlobalOption(flag.slice(2));
}
