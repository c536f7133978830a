import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What a word must look like before a file is looked for by it. */
const commandWord = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/**
 * The commands that other packages give a program: each is a program of its own, `PROGRAM-WORD`, that stands beside
 * it (docs/adr/0012). PATH is not looked at.
 */
export class ExternalCommands {
  readonly #program: string;
  readonly #file: string;

  /**
   * @param program the name of the program
   * @param file the absolute path by which it was called, which may be a link: the second word of its process
   */
  constructor(program: string, file: string) {
    this.#program = program;
    this.#file = file;
  }

  /** Lists the words of all of them, in order. */
  words(): readonly string[] {
    const prefix = `${this.#program}-`;
    const words = placesOf(this.#file)
      .flatMap((folder) => readdirSync(folder))
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length))
      .filter((word) => this.find(word) !== undefined);
    return [...new Set(words)].sort();
  }

  /** Gives the path of the program that a word stands for, or undefined where there is none. */
  find(word: string): string | undefined {
    if (!commandWord.test(word)) {
      return undefined;
    }
    return placesOf(this.#file)
      .map((folder) => join(folder, `${this.#program}-${word}`))
      .find(canRun);
  }
}

/** Gives the directory of a file and, where it is a link, that of each file that it leads to; the nearest first. */
function placesOf(file: string): string[] {
  const folder = realpathSync(dirname(file));
  return lstatSync(file).isSymbolicLink()
    ? [folder, ...placesOf(resolve(folder, readlinkSync(file)))]
    : [folder];
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
