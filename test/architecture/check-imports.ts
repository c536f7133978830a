import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';

import ts from 'typescript';

import { read, root } from '../repository.js';
import { type Layer, layerOf } from './layers.js';

/** Returns what is wrong with a source file's imports, of whatever kind: static, dynamic, re-exports and types. */
export function wrongImports(path: string, source: string): string[] {
  const layer = layerOf(path);
  if (layer === undefined) {
    return [`${path} is in no layer`];
  }
  return importsOf(source).flatMap((specifier) => {
    const why = objection(path, layer, specifier);
    return why === undefined ? [] : [`${path} imports ${specifier}: ${why}`];
  });
}

/** Returns the specifiers that a source file imports, of whatever kind, in their order. */
export function importsOf(source: string): string[] {
  return ts.preProcessFile(source, true, true).importedFiles.map(({ fileName }) => fileName);
}

function objection(path: string, layer: Layer, specifier: string): string | undefined {
  if (isBuiltin(specifier)) {
    return undefined;
  }
  if (specifier.startsWith('.')) {
    return objectionToRelative(path, layer, specifier);
  }
  if (specifier.startsWith('@patchbay/')) {
    const target = specifier.slice('@patchbay/'.length);
    const [name = ''] = target.split('/');
    if (name === rootOf(layer.folder).split('/')[1]) {
      return 'a package imports its own files by their paths';
    }
    const entry = entryOf(specifier);
    return entry === undefined ? 'no package exports it' : mayImport(layer, layerOf(entry)?.name ?? name);
  }
  return mayImport(layer, packageOf(specifier));
}

function objectionToRelative(path: string, layer: Layer, specifier: string): string | undefined {
  const target = join(dirname(path), specifier);
  if (rootOf(target) !== rootOf(path)) {
    return 'it leaves its package by a path';
  }
  const targetLayer = layerOf(target);
  if (targetLayer === undefined) {
    return 'it leads out of src/';
  }
  return targetLayer === layer ? undefined : mayImport(layer, targetLayer.name);
}

function mayImport(layer: Layer, target: string): string | undefined {
  const allowed = layer.mayImport.some((entry) =>
    entry.endsWith('/*') ? target.startsWith(entry.slice(0, -1)) : entry === target,
  );
  return allowed ? undefined : `${layer.name} may not import ${target}`;
}

/** `packages/grpc/src/status.ts` is in `packages/grpc`. */
function rootOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** Returns the source that a specifier of ours, `@patchbay/session/client`, stands for; undefined where none does. */
export function entryOf(specifier: string): string | undefined {
  const [, name = '', ...rest] = specifier.split('/');
  const manifest = `packages/${name}/package.json`;
  if (!existsSync(join(root, manifest))) {
    return undefined;
  }
  const { exports } = JSON.parse(read(manifest)) as { exports: Record<string, { types?: string }> };
  const types = exports[['.', ...rest].join('/')]?.types;
  return types === undefined
    ? undefined
    : join(`packages/${name}`, types.replace('dist/', '').replace(/\.d\.ts$/, '.ts'));
}

/** `@grpc/grpc-js/build/src` is in `@grpc/grpc-js`, `yargs/helpers` in `yargs`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
