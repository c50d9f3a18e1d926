import type { Params } from '@interpose/core';

// Params are named by their path from the root: `temperature`, `reasoning.effort`.

/** What stands at a path; undefined where nothing does. */
export function paramAt(params: Params, path: string): unknown {
  let value: unknown = params;
  for (const key of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** The same params with a value at a path. */
export function withParam<P extends Params>(params: P, path: string, value: unknown): P {
  const [key, rest] = split(path);
  if (rest === undefined) return { ...params, [key]: value };
  const inner = params[key];
  return { ...params, [key]: withParam(isRecord(inner) ? inner : {}, rest, value) };
}

/** The same params with nothing at a path. */
export function withoutParam<P extends Params>(params: P, path: string): P {
  const [key, rest] = split(path);
  const inner = params[key];
  if (rest !== undefined) return isRecord(inner) ? { ...params, [key]: withoutParam(inner, rest) } : params;
  const { [key]: _gone, ...kept } = params;
  return kept as P;
}

function split(path: string): [key: string, rest: string | undefined] {
  const dot = path.indexOf('.');
  return dot === -1 ? [path, undefined] : [path.slice(0, dot), path.slice(dot + 1)];
}

function isRecord(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
