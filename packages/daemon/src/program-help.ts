import { optionSpelling, usageLine } from '@patchbay/objects';
import { argTerm, helpText, methodTerm, optionMeaning, optionTerm, type Term } from '@patchbay/terminal';

import { type Command, describeCommand } from './command.js';
import { commonOptions } from './read-arguments.js';

interface DescribedProgram {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
  /** The names of commands that are executables of their own. */
  readonly others: readonly string[];
}

/** Returns a program's help: its commands, and the options that all of them have. @param width in columns */
export function programHelp({ name, summary, commands, others }: DescribedProgram, width: number): string {
  const terms = [
    ...commands.map((each) => methodTerm(describeCommand(each))),
    ...others.map((each): Term => [each, `Run the program ${name}-${each}`]),
  ];
  const page = {
    usage: [`${name} COMMAND [ARG]... [OPTION]...`],
    about: summary,
    sections: [
      ['Commands', terms],
      ['Options', Object.keys(commonOptions).map((each) => commonTerm(each as keyof typeof commonOptions))],
    ],
    notes: [`"${name} help COMMAND" shows a command's arguments and options.`],
  } as const;
  return helpText(page, width);
}

/** Returns the help of one command of a program. @param width in columns */
export function commandHelp(program: string, command: Command, width: number): string {
  const description = describeCommand(command, program);
  const optionTerms = description.options.map((option): Term => [
    optionTerm(optionSpelling(option)),
    optionMeaning(option),
  ]);
  const page = {
    usage: [usageLine(description)],
    about: command.summary,
    sections: [
      ['Arguments', description.args.map(argTerm)],
      ['Options', [...optionTerms, commonTerm('help')]],
    ],
  } as const;
  return helpText(page, width);
}

function commonTerm(name: keyof typeof commonOptions): Term {
  return [optionTerm(`--${name}`), commonOptions[name].summary];
}
