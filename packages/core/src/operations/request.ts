import { isRecord, stringOf } from './json.ts';
import type { Params } from './operation.ts';

/** Says whether a request posts to an endpoint, whatever stands before it in the path (Azure, gateways). */
export function posts(method: string, path: string, endpoint: string): boolean {
  return path.endsWith(endpoint) && (method === 'POST' || method === 'post');
}

/** The model that a request names. */
export function modelOf(params: Params): string | undefined {
  return isRecord(params) ? stringOf(params['model']) : undefined;
}

/** A limit as a request states it: `undefined` unless it is a number. */
export function limitOf(params: Params, ...fields: readonly string[]): number | undefined {
  if (!isRecord(params)) return undefined;
  for (const field of fields) {
    const limit = params[field];
    if (typeof limit === 'number') return limit;
  }
  return undefined;
}
