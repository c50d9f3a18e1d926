/** Which units an atom of a pattern takes. */
export interface UnitSet {
  /** 1 for each ASCII code that it takes. */
  readonly ascii: Uint8Array;
  /** Asks about other units; absent where it takes none of them. */
  readonly other?: (unit: string) => boolean;
}

export const ASCII = 128;

// Negations, white space, the dot, and whatever is spelt outside of ASCII.
const REACHES_OUT = /^\.$|^\[\^|\\[DWSs]|\\u(?!00[0-7])|\\x[89a-fA-F]|[^\0-\x7f]/;

/** Knows which units the atoms of patterns take. Rules share most of their atoms. */
export class Units {
  readonly #known = new Map<string, UnitSet>();

  /** Without the `u` flag, letters outside of ASCII are no other case of ASCII ones. */
  of(source: string, flags: string): UnitSet {
    const key = `${flags}/${source}`;
    let known = this.#known.get(key);
    if (!known) this.#known.set(key, (known = unitsOf(source, flags)));
    return known;
  }
}

function unitsOf(source: string, flags: string): UnitSet {
  const pattern = new RegExp(`^(?:${source})$`, flags);
  const ascii = Uint8Array.from({ length: ASCII }, (_, code) =>
    pattern.test(String.fromCharCode(code)) ? 1 : 0,
  );
  if (!REACHES_OUT.test(source)) return { ascii };
  return { ascii, other: (unit) => pattern.test(unit) };
}
