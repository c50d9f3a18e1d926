import type { Params } from './operations/operation.ts';
import type { Body } from './runtime.ts';

/** The params that a body holds: a JSON object, or the fields of a form; empty when it is neither. */
export function parseBody(body: Body | null | undefined): Params {
  if (body instanceof FormData) return formFields(body);
  const text = body instanceof Uint8Array ? Buffer.from(body).toString() : body;
  if (typeof text !== 'string') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Params) : {};
  } catch {
    return {};
  }
}

function formFields(form: FormData): Params {
  const fields: Record<string, unknown> = {};
  for (const name of new Set(form.keys())) {
    const values = form.getAll(name);
    fields[name] = values.length === 1 ? values[0] : values;
  }
  return fields;
}

/**
 * Writes params as the kind of body that they came in.
 *
 * @param held the params that `original` holds, where they are known.
 */
export function serialise(params: Params, original: Body | null | undefined, held?: Params): Body {
  if (typeof original === 'string' && held) return appended(params, original, held) ?? JSON.stringify(params);
  if (!(original instanceof FormData)) return JSON.stringify(params);
  const form = new FormData();
  for (const [name, value] of Object.entries(params)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined) continue;
      form.append(name, item instanceof Blob ? item : typeof item === 'string' ? item : JSON.stringify(item));
    }
  }
  return form;
}

/** Where fields were only added: the text with these at its end, for a long prompt is dear to write anew. */
function appended(params: Params, original: string, held: Params): string | undefined {
  const names = Object.keys(held);
  if (names.length === 0 || names.some((name) => params[name] !== held[name])) return undefined;
  const added = Object.entries(params).filter(([name]) => !Object.hasOwn(held, name));
  const fields = JSON.stringify(Object.fromEntries(added));
  return `${original.slice(0, original.lastIndexOf('}'))}${fields === '{}' ? '}' : `,${fields.slice(1)}`}`;
}
