/** An option of the command itself, as against one of a method. */
export interface OwnOption {
  /** Stands for the value in the help; absent where the option takes none. */
  readonly placeholder?: string;
  readonly summary: string;
}

/** The options of the command itself. */
export const ownOptions = {
  'name-server': {
    placeholder: 'HOST:PORT',
    summary: 'The name server (default: $PATCHBAY_NAMESERVER, else 127.0.0.1:7440)',
  },
  object: {
    placeholder: 'NAME',
    summary: 'The object of a METHOD without one (default: $PATCHBAY_OBJECT, else storage)',
  },
  timeout: {
    placeholder: 'DURATION',
    summary: 'How long the call may take, such as 30s or 1h30m, or none for no limit (default: 1m)',
  },
  json: { summary: 'Print the result as one JSON value, and nothing else' },
  help: { summary: 'Show this help, or that of METHOD' },
  version: { summary: 'Show the version' },
} satisfies Readonly<Record<string, OwnOption>>;

export type OwnOptionName = keyof typeof ownOptions;

/** Says whether a word is the name of one of the command's own options, without its dashes. */
export function isOwnOption(name: string): name is OwnOptionName {
  return Object.hasOwn(ownOptions, name);
}
