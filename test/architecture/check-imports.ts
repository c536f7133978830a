import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path/posix';

import ts from 'typescript';

import { type Layer, layerOf, layers } from './layers.js';

/** Gives what is wrong with a source file's imports, of whatever kind: static, dynamic, re-exports and types. */
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

function importsOf(source: string): string[] {
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
    if (target === layer.name || !layers.some(({ name }) => name === target)) {
      return 'no other package is called so';
    }
    return mayImport(layer, target);
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

/** `packages/core/src/wire/status.ts` is in `packages/core`. */
function rootOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** `@grpc/grpc-js/build/src` is in `@grpc/grpc-js`, `yargs/helpers` in `yargs`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
