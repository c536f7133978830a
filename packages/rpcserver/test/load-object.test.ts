import { expect } from 'chai';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isRpcError, type ObjectContext, silentLog, systemClock } from '@patchbay/objects';
import { Scratch } from '@patchbay/objects/testing';

import { loadObject } from '../src/load-object.js';

const workshop = fileURLToPath(new URL('./fixtures/workshop.js', import.meta.url));

const context: ObjectContext = {
  name: 'thing',
  clock: systemClock,
  log: silentLog,
  stateDir: '/nonexistent',
  signal: new AbortController().signal,
};

/** The import with which a module outside of this package loads the library. */
const library = `import { defineObject, method } from '${import.meta.resolve('@patchbay/objects/define')}';`;

/** A module whose object has the summary `text`. */
const making = (text: string): string =>
  `${library} export default () => Promise.resolve(defineObject({ summary: '${text}', methods: {} }));`;

/** Installs a package `some-object` with this entry in its package.json. */
async function install(scratch: Scratch, entry: string): Promise<void> {
  const folder = scratch.file('node_modules', 'some-object');
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/package.json`, `{ "name": "some-object", "type": "module", ${entry} }`);
  await writeFile(`${folder}/index.js`, making('from a package'));
}

async function refusalOf(module: string, baseDir: string): Promise<string> {
  try {
    await loadObject({ name: 'thing', module }, baseDir, context);
  } catch (error) {
    return isRpcError(error)
      ? `${error.code} ${error.reason}: ${error.message}`
      : `not ours: ${String(error)}`;
  }
  throw new Error('it loaded');
}

describe('Loading an object', () => {
  it('finds a module by a path relative to the configuration', async () => {
    await using scratch = await Scratch.make();
    await writeFile(scratch.file('object.mjs'), making('by path'));
    const object = await loadObject({ name: 'thing', module: './object.mjs' }, scratch.path, context);
    expect(object.summary).to.equal('by path');
  });

  it('finds a module in a directory above the configuration', async () => {
    await using scratch = await Scratch.make();
    await mkdir(scratch.file('etc'));
    await writeFile(scratch.file('object.mjs'), making('above'));
    const object = await loadObject({ name: 'thing', module: '../object.mjs' }, scratch.file('etc'), context);
    expect(object.summary).to.equal('above');
  });

  it('finds a module by an absolute path', async () => {
    const object = await loadObject({ name: 'thing', module: workshop }, '/', context);
    expect(object.summary).to.equal('Works slowly');
  });

  for (const entry of ['"main": "./index.js"', '"exports": { ".": "./index.js" }']) {
    it(`finds a package beside the configuration that has ${entry}`, async () => {
      await using scratch = await Scratch.make();
      await install(scratch, entry);
      const object = await loadObject({ name: 'thing', module: 'some-object' }, scratch.path, context);
      expect(object.summary).to.equal('from a package');
    });
  }

  it('asks for the path of a package that only `import` may load', async () => {
    await using scratch = await Scratch.make();
    await install(scratch, '"exports": { ".": { "import": "./index.js" } }');
    expect(await refusalOf('some-object', scratch.path)).to.match(
      /MODULE_INVALID: .*"some-object" of object "thing" cannot be found by its name: .*give the path of its file/,
    );
  });

  it('falls back to a package beside the program', async () => {
    await using scratch = await Scratch.make();
    expect(await refusalOf('@patchbay/objects', scratch.path)).to.include('MODULE_INVALID');
  });

  it('passes the options on unchanged, or an empty object if there are none', async () => {
    const options = { a: [1, { b: null }] };
    const given: unknown[] = [];
    for (const entry of [
      { name: 'thing', module: workshop, options },
      { name: 'thing', module: workshop },
    ]) {
      const object = await loadObject(entry, dirname(workshop), context);
      given.push(object.methods.options?.run(...([{}] as never[])));
    }
    expect(given[0]).to.equal(options);
    expect(given[1]).to.deep.equal({});
  });

  const refused: [title: string, module: string, source: string | undefined, expected: RegExp][] = [
    [
      'a path where nothing is',
      './nowhere.mjs',
      undefined,
      /^INVALID_ARGUMENT MODULE_NOT_FOUND: object "thing": there is no module "\.\/nowhere\.mjs" in .*; give a path or an installed package$/,
    ],
    [
      'a package that is not installed',
      'not-installed-object',
      undefined,
      /^INVALID_ARGUMENT MODULE_NOT_FOUND: .*"not-installed-object"/,
    ],
    [
      'a module without a default export',
      './object.mjs',
      'export const a = 1;',
      /MODULE_INVALID: module ".\/object.mjs" of object "thing" has no function as its default export$/,
    ],
    [
      'a module that cannot be parsed',
      './object.mjs',
      'export default (',
      /MODULE_INVALID: module ".\/object.mjs" of object "thing" cannot be loaded: Unexpected/,
    ],
    [
      'a module that imports what is not there',
      './object.mjs',
      "import 'not-installed-object';",
      /MODULE_INVALID: .* cannot be loaded: Cannot find package 'not-installed-object'/,
    ],
    [
      'a module that throws what is no error',
      './object.mjs',
      "throw 'a fit';",
      /MODULE_INVALID: .* cannot be loaded: a fit$/,
    ],
    [
      'a function that makes no object',
      './object.mjs',
      'export default () => ({ summary: "a" });',
      /MODULE_INVALID: .*"\.\/object\.mjs" of object "thing".* no object/,
    ],
    [
      'a function that makes an object without defineObject, which would refuse the name of its method',
      './object.mjs',
      `${library}
       const bad = method({ summary: 'Fail', returns: undefined, run: () => null });
       export default () => ({ summary: 'a', methods: { 'bad name!': bad } });`,
      /MODULE_INVALID: .*"\.\/object\.mjs" of object "thing".* no object/,
    ],
    [
      'a function that adds a method to what defineObject made',
      './object.mjs',
      `${library}
       const bad = method({ summary: 'Fail', returns: undefined, run: () => null });
       const object = defineObject({ summary: 'a', methods: {} });
       export default () => ({ ...object, methods: { 'bad name!': bad } });`,
      /MODULE_INVALID: .*"\.\/object\.mjs" of object "thing".* no object/,
    ],
    [
      'a method with a name that nobody can call',
      './object.mjs',
      `${library}
       const bad = method({ summary: 'Fail', returns: undefined, run: () => null });
       export default () => defineObject({ summary: 'a', methods: { 'bad name!': bad } });`,
      /OBJECT_FAILED: object "thing" could not start: "bad name!" is not a valid method name$/,
    ],
    [
      'a function that fails',
      './object.mjs',
      "export default () => { throw new Error('no pool'); };",
      /^FAILED_PRECONDITION OBJECT_FAILED: object "thing" could not start: no pool$/,
    ],
    [
      'a function that throws what is no error',
      './object.mjs',
      "export default () => { throw 'a fit'; };",
      /OBJECT_FAILED: object "thing" could not start: a fit$/,
    ],
  ];
  for (const [title, module, source, expected] of refused) {
    it(`refuses ${title}`, async () => {
      await using scratch = await Scratch.make();
      if (source !== undefined) {
        await writeFile(scratch.file('object.mjs'), source);
      }
      expect(await refusalOf(module, scratch.path)).to.match(expected);
    });
  }

  it('passes on an error of the module, with the name of the object', async () => {
    const refusing = fileURLToPath(new URL('./fixtures/refusing.js', import.meta.url));
    expect(await refusalOf(refusing, '/')).to.equal(
      'INVALID_ARGUMENT CONFIG_INVALID: object "thing": option "pool" is required',
    );
  });
});
