import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { exitStatusOfCode } from '@patchbay/objects';

import { type ProgramName, run } from './commands/programs.js';
import { read, root, sourcesIn } from './repository.js';

const page = read('docs/reference/commands.md');

/** Returns the text below a heading, up to the next one of any level. */
function section(heading: string): string {
  return new RegExp(`^#+ ${heading}$(.*?)(?=^#|$(?![^]))`, 'ms').exec(page)?.[1] ?? '';
}

/** Returns the first cells of a section's tables, without their backticks. */
function firstCells(heading: string): string[] {
  return [...section(heading).matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell);
}

function optionsOnPage(heading: string): string[] {
  return [...section(heading).matchAll(/^\| (?:`-[a-z]`, )?`(--[a-z-]+)/gm)].map(([, option = '']) => option);
}

async function helpOf(program: ProgramName, ...words: string[]): Promise<string> {
  const { status, stdout } = await run(program, [...words, '--help']);
  expect(status).to.equal(0);
  return stdout;
}

function optionsIn(help: string): string[] {
  return [...help.matchAll(/^ {2}(?: {4}|-[a-z], )(--[a-z-]+)/gm)].map(([, option = '']) => option);
}

describe('The reference page on commands', function () {
  this.timeout(60_000);

  for (const program of ['nameserver', 'rpcserver', 'patchbay-storage', 'patchbay-host'] as const) {
    it(`has the subcommands of ${program}, each with its options, and no others`, async () => {
      const help = await helpOf(program);
      const names = [...help.matchAll(/^ {2}([a-z][a-z-]+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => name !== 'help');
      const documented = [...page.matchAll(new RegExp(`^### ${program} (.+)$`, 'gm'))].map(
        ([, name]) => name,
      );
      expect(documented).to.deep.equal(names);
      for (const name of names) {
        const own = optionsIn(await helpOf(program, name)).filter(
          (each) => !/^--(?:help|version)$/.test(each),
        );
        expect(optionsOnPage(`${program} ${name}`), name).to.have.members(own);
      }
    });
  }

  it('has the options of rpcclient, and no others', async () => {
    const help = await helpOf('rpcclient', '--name-server', '127.0.0.1:1');
    expect(optionsOnPage('rpcclient')).to.deep.equal(optionsIn(help));
  });

  it('has the exit status of every code', () => {
    const documented = [...section('Exit statuses').matchAll(/^\| `(\d+)` +\| (.*?) +\|/gm)].flatMap(
      ([, status, codes = '']) =>
        codes.split(', ').map((code): [string, number] => [code.replaceAll('`', ''), Number(status)]),
    );
    expect(Object.fromEntries(documented.filter(([code]) => code !== ''))).to.deep.equal(exitStatusOfCode);
  });

  it('has every environment variable that the packages read, and no others', () => {
    const read = sourcesIn('packages')
      .filter((path) => path.includes('/src/'))
      .flatMap((path) => readFileSync(join(root, path), 'utf8').match(/\bPATCHBAY_[A-Z_]+\b/g) ?? []);
    expect(firstCells('Environment')).to.have.members([...new Set(read)]);
  });

  it('names each command that a package installs', () => {
    const commands = readdirSync(join(root, 'packages')).flatMap((name) => {
      const manifest = JSON.parse(read(`packages/${name}/package.json`)) as { bin?: Record<string, string> };
      return Object.keys(manifest.bin ?? {});
    });
    // One that is called as a word of another stands below that one.
    const own = commands.filter((name) => !commands.some((other) => name.startsWith(`${other}-`)));
    const headings = [...page.matchAll(/^## ([a-z-]+)$/gm)].map(([, heading]) => heading);
    expect(headings).to.have.members(own);
  });
});
