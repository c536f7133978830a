import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Scratch } from '@patchbay/objects/testing';

import { read, root } from '../repository.js';
import { output } from '../system/command.js';
import { outputOfOne } from './build-folder.js';

/** The settings of npm that a project outside of the checkout shares with it. */
const npmSettings = Object.fromEntries(
  Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined &&
      /^npm_config_(registry|cache|cafile)$|_proxy$|^NODE_EXTRA_CA_CERTS$/i.test(entry[0]),
  ),
);

/** A package as `npm pack` made it. */
export interface Packed {
  readonly name: string;
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

/** Packs every package of the checkout into a directory. */
export async function packAll(directory: string): Promise<Packed[]> {
  const words = ['npm', 'pack', '--workspaces', '--json', '--pack-destination', directory];
  const text = await outputOfOne(words, { environment: npmSettings });
  return JSON.parse(text.slice(text.search(/^\[$/m))) as Packed[]; // behind what the scripts say
}

/** An empty project of somebody else, into which the packed packages were installed. */
export class Project implements AsyncDisposable {
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch) {
    this.#scratch = scratch;
  }

  static async make(): Promise<Project> {
    const project = new Project(await Scratch.make());
    project.write('package.json', JSON.stringify({ name: 'elsewhere', private: true, type: 'module' }));
    return project;
  }

  get path(): string {
    return this.#scratch.path;
  }

  /** Installs packed packages from a directory, and from the registry what they depend on. */
  async install(directory: string): Promise<void> {
    const archives = readdirSync(directory).map((file) => join(directory, file));
    const types = `@types/node@${versionOf('@types/node')}`;
    const sqlite = `better-sqlite3@${versionOf('better-sqlite3')}`;
    // Without scripts: compiling SQLite takes a minute. What they would make is taken from the checkout.
    const flags = ['--prefix', this.path, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await output(['npm', 'install', ...flags, ...archives, types, sqlite], {
      cwd: this.path,
      environment: npmSettings,
      timeoutMs: 180_000,
    });
    const built = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node';
    cpSync(join(root, built), join(this.path, built));
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Returns the argv that runs one of the project's own commands. */
  command(name: string): string {
    return join(this.path, 'node_modules/.bin', name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}

function versionOf(name: string): string {
  const { version } = JSON.parse(read(`node_modules/${name}/package.json`)) as { readonly version: string };
  return version;
}
