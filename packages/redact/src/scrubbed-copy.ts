type Scrub = (text: string) => string;

/** Copies a value with all its texts scrubbed. What no text is in is not copied, nor what is not known. */
export class ScrubbedCopy {
  readonly #scrub: Scrub;
  /** Copies of what was met: of cycles, and of what is there twice. */
  readonly #copies = new Map<object, unknown>();

  constructor(scrub: Scrub) {
    this.#scrub = scrub;
  }

  of<T>(value: T): T {
    return this.#copy(value) as T;
  }

  #copy(value: unknown): unknown {
    if (typeof value === 'string') return this.#scrub(value);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#copies.has(value)) return this.#copies.get(value);
    if (Array.isArray(value)) {
      return this.#filled<unknown[]>(value, [], (copy) => {
        for (const item of value) copy.push(this.#copy(item));
      });
    }
    if (value instanceof Map) {
      return this.#filled(value, new Map(), (copy) => {
        for (const [key, item] of value) copy.set(this.#copy(key), this.#copy(item));
      });
    }
    if (value instanceof Set) {
      return this.#filled(value, new Set(), (copy) => {
        for (const item of value) copy.add(this.#copy(item));
      });
    }
    if (value instanceof Error) return this.#error(value);
    if (value instanceof URL) return this.#scrub(value.href);
    if (value instanceof Headers || value instanceof URLSearchParams) {
      return this.#copy(Object.fromEntries(value.entries()));
    }
    return isOpaque(value) ? value : this.#object(value);
  }

  #filled<C extends object>(value: object, copy: C, fill: (copy: C) => void): C {
    this.#copies.set(value, copy);
    fill(copy);
    return copy;
  }

  /** Of the same class, so that a serialiser of errors takes it for one. */
  #error(error: Error): unknown {
    const copy = Object.create(Object.getPrototypeOf(error) as object) as Error;
    return this.#filled(error, copy, () => {
      for (const name of ['name', 'message', 'stack', 'cause', 'errors'] as const) {
        if (name in error)
          define(
            copy,
            name,
            this.#copy(read(error, name)),
            Object.hasOwn(error, name) && isShown(error, name),
          );
      }
      this.#fields(error, copy);
    });
  }

  #object(value: object): unknown {
    const copy = Object.create(Object.getPrototypeOf(value) as object | null) as object;
    return this.#filled(value, copy, () => this.#fields(value, copy));
  }

  #fields(value: object, copy: object): void {
    for (const name of Object.keys(value)) {
      let shown = this.#scrub(name);
      // Two names that held different secrets are still two.
      for (let count = 2; Object.hasOwn(copy, shown) && shown !== name; count++)
        shown = `${this.#scrub(name)} ${count}`;
      define(copy, shown, this.#copy(read(value, name)), true);
    }
  }
}

/** A getter may do anything but fail here. */
function read(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return '[unreadable]';
  }
}

function define(copy: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(copy, name, { value, enumerable, configurable: true, writable: true });
}

function isShown(value: object, name: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}

/** Values of the platform that keep what they hold out of reach: a copy of them would be broken. */
function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Promise ||
    value instanceof WeakMap ||
    value instanceof WeakSet ||
    value instanceof Blob ||
    value instanceof AbortSignal
  );
}
