import { expect } from 'chai';
import { writeFileSync } from 'node:fs';

import { Scratch } from '@patchbay/objects/testing';

import { readYamlFile } from '../src/yaml-file.js';

describe('A YAML file', () => {
  let scratch: Scratch;
  let file: string;

  before(async () => {
    scratch = await Scratch.make();
    file = scratch.file('c.yaml');
  });
  after(() => scratch[Symbol.asyncDispose]());

  function read(content: string | Buffer): unknown {
    writeFileSync(file, content);
    return readYamlFile(file).content;
  }

  for (const [what, content, expected] of [
    ['an empty file', '', {}],
    ['a comment alone', '# nothing\n', {}],
    ['a byte order mark', '\ufeffa: 1\n', { a: 1 }],
    ['lines that end as in Windows', 'a: 1\r\nb: "x"\r\n', { a: 1, b: 'x' }],
    ['an anchor and its alias', 'a: &x [1]\nb: *x\n', { a: [1], b: [1] }],
    ['text that other versions take for a boolean', 'a: yes\n', { a: 'yes' }],
    ['tabs behind a colon', 'a:\t1\n', { a: 1 }],
  ] as const) {
    it(`may have ${what}`, () => {
      expect(read(content)).to.deep.equal(expected);
    });
  }

  const many = (name: string): string => `[${`*${name},`.repeat(30)}]`;
  const wrong: [what: string, content: string | Buffer, message: string | RegExp][] = [
    ['a key twice', 'a: 1\nb: 2\na: 3\n', 'c.yaml:3: a: is given twice; the first is in line 1'],
    [
      'a key of a list twice',
      'list:\n  - name: a\n  - name: b\n    "name": c\n',
      'c.yaml:4: list[1].name: is given twice; the first is in line 3',
    ],
    [
      'two keys twice',
      'a: 1\na: 2\nb: { c: 1, c: 2 }\n',
      'c.yaml:2: a: is given twice; the first is in line 1; c.yaml:3: b.c: is given twice; the first is in line 3',
    ],
    ['a tab as indentation', 'log:\n\tlevel: info\n', /^c\.yaml:2: is indented by a tab; indent by spaces$/],
    [
      'keys of one map that are indented differently',
      'a:\n  b: 1\n c: 2\n',
      /^c\.yaml:3: is indented unlike/,
    ],
    ['a key that is indented too deep', 'a: 1\n  b: 2\n', /^c\.yaml:1: .*indented too deep.* indent less$/],
    ['no space in an item', 'l:\n  -name: x\n   module: y\n', /^c\.yaml:2: /],
    ['two colons', 'a: b: c\n', /^c\.yaml:1: has a second ":".* put the value in quotes/],
    ['no colon', 'listen 127.0.0.1:1\na: b\n', /^c\.yaml:1: has no ":" and space/],
    ['no colon at the end', 'a: b\nc\nd: 1\n', /^c\.yaml:2: has no ":" and space/],
    ['an open quote', 'a: "x\n', /^c\.yaml:2: ends before a quote is closed$/],
    ['an open brace', 'a: {b: 1\nc: 2\n', /^c\.yaml:2: begins before a "\{" or "\[" above is closed$/],
    ['a brace too many', 'a: 1\n}\n', /^c\.yaml:2: has "\}" where nothing like it may stand/],
    ['text behind a quote', 'a: "x" y\n', /^c\.yaml:1: has "y" where nothing/],
    ['an escape that does not exist', 'a: "C:\\q"\n', /^c\.yaml:1: has .*which is no escape/],
    [
      'a value that begins with @',
      'a: @x\n',
      /^c\.yaml:1: has a value that begins with "@"; put the value in/,
    ],
    ['a tag', 'a: !secret x\n', /^c\.yaml:1: has the tag "!secret", which/],
    ['a directive', '%FOO\n---\na: 1\n', /^c\.yaml:1: has the directive "%FOO"/],
    ['a second document', 'a: 1\n---\nb: 2\n', /^c\.yaml:2: begins a second document/],
    ['text behind the document', 'a: 1\n...\nb: 2\n', /^c\.yaml:3: begins a second document/],
    ['an alias of nothing', 'a: 1\nb: *x\n', /^c\.yaml:2: refers to "&x", which no line before sets/],
    ['two anchors', 'a: &x &y 1\n', /^c\.yaml:1: has a value with more than one anchor$/],
    [
      'aliases that multiply',
      `a: &a [1,2,3]\nb: &b ${many('a')}\nc: &c ${many('b')}\nd: ${many('c')}\n`,
      /^c\.yaml: its aliases repeat one another too often/,
    ],
    ['a list as a key', '? [a, b]\n: c\n', /^c\.yaml:1: has a key that is not a text$/],
    [
      'a key that is too long',
      `${'x'.repeat(1100)}: 1\n`,
      /^c\.yaml:1: has a key of more than 1024 characters$/,
    ],
    ['a list in place of keys', '- a\n', /^c\.yaml:1: must hold keys and values/],
    ['text in place of keys', 'hello\n', /^c\.yaml:1: must hold keys and values/],
    ['a control character', 'a: 1\nb: \u0000\n', /^c\.yaml:2: has the control character "\\u0000"$/],
    [
      'bytes that are not UTF-8',
      Buffer.from('a: 1\nb: \u00e9\n', 'latin1'),
      /^c\.yaml:2: is not text in UTF-8$/,
    ],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), /^c\.yaml:1: is not text in UTF-8$/],
  ];
  for (const [what, content, message] of wrong) {
    it(`is refused for ${what}, in our words`, () => {
      expect(() => read(content))
        .to.throw(message)
        .with.property('reason', 'CONFIG_INVALID');
    });
  }
});
