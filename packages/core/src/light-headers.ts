import { inspect } from 'node:util';
import type { Fetch } from './runtime.ts';

/** Header fields by lower-case name, as an HTTP parser hands them over; a list where a name came repeatedly. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A property of a `fetch` that says that it takes {@link LightHeaders}, and need not be given the platform's. */
export const TAKES_LIGHT_HEADERS: unique symbol = Symbol.for('interpose.takes-light-headers');

/** The same network, given headers of the platform where it does not say that it takes light ones. */
export function withPlatformHeaders(network: Fetch): Fetch {
  if (TAKES_LIGHT_HEADERS in network) return network;
  return function sendWithPlatformHeaders(input, init) {
    if (!(init?.headers instanceof LightHeaders)) return network(input, init);
    return network(input, { ...init, headers: new Headers(init.headers) });
  };
}

// Of these the platform changes nothing, and refuses none. Whatever else is set is left to it.
const PLAIN_NAME = /^[a-z\d-]+$/;
const PLAIN_VALUE = /^[!-~]+$/;

/**
 * `Headers` of a response or a request, looked up in fields that others may share. A copy of the platform's making
 * exists only once somebody changes more than a field. It is an `instanceof Headers`, and `new Headers(light)` copies it.
 */
export class LightHeaders {
  #fields: Fields;
  /** Sorted when first asked for: clients go through all headers more than once. */
  #names: readonly string[] | undefined;
  #changed: Headers | undefined;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    if (this.#changed) return this.#changed.get(name);
    const value = this.#find(name);
    if (value === undefined) return null;
    return typeof value === 'string' ? value : value.join(', ');
  }

  has(name: string): boolean {
    return this.#changed ? this.#changed.has(name) : this.#find(name) !== undefined;
  }

  getSetCookie(): string[] {
    if (this.#changed) return this.#changed.getSetCookie();
    const value = this.#find('set-cookie') ?? [];
    return typeof value === 'string' ? [value] : [...value];
  }

  append(name: string, value: string): void {
    this.#change().append(name, value);
  }

  set(name: string, value: string): void {
    if (!this.#changed && isPlain(name, PLAIN_NAME) && isPlain(value, PLAIN_VALUE)) {
      this.#fields = { ...this.#fields, [name]: value };
      this.#names = undefined;
    } else this.#change().set(name, value);
  }

  delete(name: string): void {
    this.#change().delete(name);
  }

  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#list()) callback.call(thisArg, value, name, this);
  }

  entries(): ArrayIterator<[string, string]> {
    return this.#list().values();
  }

  keys(): ArrayIterator<string> {
    return this.#list()
      .map(([name]) => name)
      .values();
  }

  values(): ArrayIterator<string> {
    return this.#list()
      .map(([, value]) => value)
      .values();
  }

  [Symbol.iterator](): ArrayIterator<[string, string]> {
    return this.entries();
  }

  /** Names and values in turn, in no particular order: as they are sent. */
  lines(): string[] {
    const lines: string[] = [];
    if (this.#changed) this.#changed.forEach((value, name) => lines.push(name, value));
    else for (const name of Object.keys(this.#fields)) lines.push(name, this.get(name) ?? '');
    return lines;
  }

  #find(name: string): string | readonly string[] | undefined {
    if (Object.hasOwn(this.#fields, name)) return this.#fields[name];
    const lower = name.toLowerCase();
    return Object.hasOwn(this.#fields, lower) ? this.#fields[lower] : undefined;
  }

  /** Sorted by name; cookies one by one, what else came repeatedly in one (Fetch, "sort and combine"). */
  #list(): [string, string][] {
    if (this.#changed) return [...this.#changed];
    const list: [string, string][] = [];
    this.#names ??= Object.keys(this.#fields).toSorted();
    for (const name of this.#names) {
      const value = this.#fields[name];
      if (typeof value === 'string') list.push([name, value]);
      else if (value && name === 'set-cookie') for (const cookie of value) list.push([name, cookie]);
      else if (value) list.push([name, value.join(', ')]);
    }
    return list;
  }

  #change(): Headers {
    return (this.#changed ??= new Headers(this.#list()));
  }
}

function isPlain(text: unknown, pattern: RegExp): boolean {
  return typeof text === 'string' && pattern.test(text);
}

// `instanceof Headers` has to hold; every method of the platform's prototype is overridden above.
Object.setPrototypeOf(LightHeaders.prototype, Headers.prototype);
Object.defineProperty(LightHeaders.prototype, inspect.custom, {
  value(this: LightHeaders, _depth: number, options: object): string {
    return `Headers ${inspect(Object.fromEntries(this.entries()), options)}`;
  },
});
