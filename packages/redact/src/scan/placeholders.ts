// Longer than any hash that stands in a placeholder.
const LONGEST_TAIL = 40;

/** A stretch of text, or a placeholder in it. */
export interface Token {
  readonly text: string;
  readonly placeholder: boolean;
}

/**
 * Knows placeholders: `[KIND]` and `[KIND_3fa9c1]`, of the kinds that there are. They bound the text on both sides as its
 * beginning and its end do, and are never a match, nor part of one.
 */
export class Placeholders {
  readonly #kinds: ReadonlySet<string>;
  readonly #longest: number;

  constructor(kinds: Iterable<string>) {
    this.#kinds = new Set(kinds);
    this.#longest = Math.max(0, ...[...this.#kinds].map((kind) => kind.length)) + LONGEST_TAIL + 3;
  }

  /** The placeholder that begins at `at`, if there is one. */
  at(text: string, at: number): string | undefined {
    SHAPE.lastIndex = at;
    const [all, kind] = SHAPE.exec(text) ?? [];
    if (all === undefined || kind === undefined) return undefined;
    return this.#kinds.has(kind) || this.#kinds.has(kind.replace(TAIL, '')) ? all : undefined;
  }

  /** Whether what begins at `at` may yet become a placeholder. */
  mayBecome(text: string, at: number): boolean {
    return text.length - at < this.#longest && BEGUN.test(text.slice(at));
  }

  /** Takes a text apart at its placeholders. */
  split(text: string): readonly Token[] {
    const tokens: Token[] = [];
    let done = 0;
    for (let at = text.indexOf('['); at !== -1; at = text.indexOf('[', at)) {
      const placeholder = this.at(text, at);
      if (placeholder === undefined) {
        at++;
        continue;
      }
      if (at > done) tokens.push({ text: text.slice(done, at), placeholder: false });
      tokens.push({ text: placeholder, placeholder: true });
      done = at += placeholder.length;
    }
    if (done < text.length) tokens.push({ text: text.slice(done), placeholder: false });
    return tokens;
  }
}

const SHAPE = /\[([A-Z][A-Z0-9_]{0,90}(?:_[0-9a-f]{6,40})?)\]/y;
const TAIL = /_[0-9a-f]{6,40}$/;
const BEGUN = /^\[(?:[A-Z][A-Z0-9_]*[0-9a-f]{0,40})?$/;
