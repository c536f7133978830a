import { accessSync, constants, lstatSync, readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What a name must look like before a file of that name is looked for. */
const commandName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/**
 * The commands that other packages contribute to a program: each is an executable of its own, `PROGRAM-NAME`, in the
 * same directory (docs/adr/0012). PATH is not searched.
 */
export class ExternalCommands {
  readonly #prefix: string;
  readonly #file: string;

  /** @param file the absolute path by which the program was called, which may be a link: `process.argv[1]` */
  constructor(program: string, file: string) {
    this.#prefix = `${program}-`;
    this.#file = file;
  }

  /** Lists the names of all of them, sorted. */
  names(): readonly string[] {
    const names = directoriesOf(this.#file)
      .flatMap((directory) => readdirSync(directory))
      .filter((file) => file.startsWith(this.#prefix))
      .map((file) => file.slice(this.#prefix.length))
      .filter((name) => this.find(name) !== undefined);
    return [...new Set(names)].sort();
  }

  /** Returns the path of a command's executable; undefined if there is none. */
  find(name: string): string | undefined {
    const files = directoriesOf(this.#file).map((directory) => join(directory, this.#prefix + name));
    return commandName.test(name) ? files.find(isExecutable) : undefined;
  }
}

/** Returns the directory of a file and, if it is a link, that of each file along its chain of links, nearest first. */
function directoriesOf(file: string): string[] {
  const directory = realpathSync(dirname(file));
  return lstatSync(file).isSymbolicLink()
    ? [directory, ...directoriesOf(resolve(directory, readlinkSync(file)))]
    : [directory];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
