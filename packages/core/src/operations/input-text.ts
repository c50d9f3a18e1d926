import { isList, isRecord, mapItems, withField } from './json.ts';
import type { Params, Place } from './operation.ts';

/** What a walk over a request carries along. */
export interface Visit {
  readonly map: (text: string, place: Place) => string;
  readonly role?: string;
}

/** Maps the texts in one value of a request; returns the same value when nothing in it changed. */
export type Walk = (value: unknown, path: string, visit: Visit) => unknown;

function leaf(format: Place['format']): Walk {
  return (value, path, { map, role }) => {
    if (typeof value !== 'string' || value === '') return value;
    return map(value, role === undefined ? { path, format } : { path, role, format });
  };
}

/** Maps a string; leaves everything else alone. */
export const text: Walk = leaf('text');

/** Maps a string that holds JSON; leaves everything else alone. */
export const json: Walk = leaf('json');

const join = (path: string, key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);

/** Walks each item of an array. */
export function list(walk: Walk): Walk {
  return (value, path, visit) =>
    isList(value) ? mapItems(value, (item, index) => walk(item, join(path, index), visit)) : value;
}

/** Walks the named fields of an object, in the order in which they are named. */
export function fields(walks: { readonly [key: string]: Walk }): Walk {
  const named = Object.entries(walks);
  return (value, path, visit) => {
    if (!isRecord(value)) return value;
    let result = value;
    for (const [key, walk] of named) {
      const field = value[key];
      if (field !== undefined) result = withField(result, key, walk(field, join(path, key), visit));
    }
    return result;
  };
}

/** Walks every field of an object, whatever its name. */
export function values(walk: Walk): Walk {
  return (value, path, visit) => {
    if (!isRecord(value)) return value;
    let result = value;
    for (const key of Object.keys(value)) {
      result = withField(result, key, walk(value[key], join(path, key), visit));
    }
    return result;
  };
}

/** Maps the name of a file in a form; leaves everything else alone. */
export const fileName: Walk = (value, path, visit) => {
  if (!(value instanceof File)) return value;
  const name = text(value.name, join(path, 'name'), visit);
  return name === value.name ? value : new File([value], name as string, value);
};

/** Applies several walks, one after the other. Each of them must leave alone what it does not know. */
export function all(...walks: readonly Walk[]): Walk {
  return (value, path, visit) => walks.reduce((result, walk) => walk(result, path, visit), value);
}

/** Maps every string in a value, at any depth. */
export const strings: Walk = (value, path, visit) => everyString(value, path, visit);

const everyString: Walk = all(text, list(strings), values(strings));

/** Walks a value whose texts belong to the role that `roleOf` finds in it. */
export function withRole(roleOf: (value: unknown) => string | undefined, walk: Walk): Walk {
  return (value, path, visit) => {
    const role = roleOf(value) ?? visit.role;
    return walk(value, path, role === undefined ? visit : { map: visit.map, role });
  };
}

/** Makes the `mapInput` of an operation from the walk over its params. */
export function inputMapper<P extends Params>(
  walk: Walk,
): (params: P, map: (text: string, place: Place) => string) => P {
  // Safe: a walk returns its argument or a copy of it in which only strings were replaced by strings.
  return (params, map) => walk(params, '', { map }) as P;
}
