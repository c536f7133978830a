/** An option of the command itself, as against one of a method. */
export interface OwnOption {
  /** Stands for the value in the help; absent where the option takes none. */
  readonly placeholder?: string;
  /** Whether the value may be left out; the next word is then only taken for it where it looks like one. */
  readonly valueOptional?: boolean;
  readonly summary: string;
}

/** The options of the command itself. */
export const ownOptions = {
  'name-server': {
    placeholder: 'HOST:PORT',
    summary: 'The name server (default: $PATCHBAY_NAMESERVER, else that of client.yaml, else 127.0.0.1:7440)',
  },
  object: {
    placeholder: 'NAME',
    summary: 'The object of a METHOD without one (default: $PATCHBAY_OBJECT, else storage)',
  },
  timeout: {
    placeholder: 'DURATION',
    summary: 'How long the call may take, such as 30s or 1h30m, or none for no limit (default: 1m)',
  },
  format: {
    placeholder: 'FORMAT',
    summary:
      'Print what is found as table, json, yaml, or ndjson: a line of JSON for each item (default: table)',
  },
  json: { summary: 'The same as --format json: one JSON value, and nothing else' },
  output: {
    placeholder: 'FILE',
    summary: 'Write the bytes that METHOD gives to FILE, which is there when all of them are',
  },
  watch: {
    placeholder: '[INTERVAL]',
    valueOptional: true,
    summary: 'Call again and again, INTERVAL after each call, such as 500ms (default: 2s), until Ctrl-C',
  },
  help: { summary: 'Show this help, or that of METHOD' },
  version: { summary: 'Show the version' },
} satisfies Readonly<Record<string, OwnOption>>;

export type OwnOptionName = keyof typeof ownOptions;

/** Says whether a word is the name of one of the command's own options, without its dashes. */
export function isOwnOption(name: string): name is OwnOptionName {
  return Object.hasOwn(ownOptions, name);
}
