/** An option of the command, as opposed to one of a method. */
export interface GlobalOption {
  /** The value as help shows it; absent where the option takes none. */
  readonly placeholder?: string;
  /** Whether the value may be omitted; the next argument is then taken for it only if it looks like one. */
  readonly valueOptional?: boolean;
  readonly summary: string;
}

/** The options that the command itself takes. */
export const globalOptions = {
  'name-server': {
    placeholder: 'HOST:PORT',
    summary:
      'The name server (default: $PATCHBAY_NAMESERVER, else the one in client.yaml, else 127.0.0.1:7440)',
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
      'Print the result as table, json, yaml, or ndjson: one line of JSON for each item (default: table)',
  },
  json: { summary: 'Same as --format json: one JSON value, and nothing else' },
  output: {
    placeholder: 'FILE',
    summary: 'Write the bytes that METHOD returns to FILE, which appears once it is complete',
  },
  watch: {
    placeholder: '[INTERVAL]',
    valueOptional: true,
    summary: 'Repeat the call INTERVAL after each call, such as 500ms (default: 2s), until Ctrl-C',
  },
  help: { summary: 'Show this help, or that of METHOD' },
  version: { summary: 'Show the version' },
} satisfies Readonly<Record<string, GlobalOption>>;

export type GlobalOptionName = keyof typeof globalOptions;

/** Reports whether a name, without its dashes, is that of a global option. */
export function isGlobalOption(name: string): name is GlobalOptionName {
  return Object.hasOwn(globalOptions, name);
}
