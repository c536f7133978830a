/** The options by which a command selects names by their pattern. */
export const patternOptions = {
  glob: {
    type: 'string',
    describe: 'Names like this: * and ? within a part, ** also across "." and "/"',
  },
  regex: {
    type: 'string',
    describe: 'Names that this regular expression (RE2 syntax) matches as a whole',
  },
} as const;
