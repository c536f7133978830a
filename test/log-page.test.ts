import { expect } from 'chai';
import ts from 'typescript';

import { read, sourcesIn } from './repository.js';

/** What the daemons run; what a client's library logs is its program's business. */
const packages = [
  'authority',
  'calls',
  'daemon',
  'grpc',
  'jobs',
  'nameserver',
  'objects',
  'rpcserver',
  'session',
  'storage',
  'store',
];
const levels = ['debug', 'info', 'warn', 'error'];

/** Returns the possible values of an expression of string literals; none for any other. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) {
    return [node.text];
  }
  if (ts.isConditionalExpression(node)) {
    return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  }
  return ts.isBinaryExpression(node)
    ? textsOf(node.left).flatMap((left) => textsOf(node.right).map((right) => left + right))
    : [];
}

/** Finds the messages that a file logs: those of `log.warn(…)`, `log[level](…)` and the logger's own. */
function messagesIn(path: string): string[] {
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { expression: called, arguments: args } = node;
      const isLog =
        ((ts.isPropertyAccessExpression(called) && levels.includes(called.name.text)) ||
          ts.isElementAccessExpression(called)) &&
        /log$/i.test(called.expression.getText());
      const [message] = isLog ? args : args.slice(1);
      if (message !== undefined && (isLog || called.getText() === 'write')) {
        messages.push(...textsOf(message));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true));
  return messages;
}

describe('The page on logs', () => {
  it('has each message that the daemons log, and no others', () => {
    const sources = packages.flatMap((name) => sourcesIn(`packages/${name}/src`));
    const logged = sources.filter((path) => !path.includes('/testing/')).flatMap(messagesIn);
    const documented = [...read('docs/operations/logs.md').matchAll(/^\| `([^`]+)` +\| (\w+) +\|/gm)]
      .filter(([, , level = '']) => levels.includes(level))
      .map(([, message]) => message);
    expect(documented.length).to.be.above(90);
    expect(documented).to.have.members([...new Set(logged)]);
  });

  it('sends readers to a table of every metric', () => {
    const code = read('packages/storage/src/metrics/metrics.ts');
    const names = [...code.matchAll(/\$\{prefix\}([a-z_]+)/g)].map(([, name = '']) => name);
    expect(names).to.have.length.above(5);
    const page = read('docs/operations/boot.md').split('## Metrics')[1] ?? '';
    const documented = [...page.matchAll(/`([a-z_]+)(?:\{[a-z,]+\})?`/g)].map(([, name]) => name);
    expect(names.filter((name) => !documented.includes(name))).to.deep.equal([]);
  });
});
