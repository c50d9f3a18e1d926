/** The alphabets that providers draw their tokens from, by the name that a shape calls them. */
const ALPHABETS = {
  alnum: ['A-Za-z0-9', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'],
  base32: ['A-Z2-7', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'],
  base64: ['A-Za-z0-9+/', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'],
  digit: ['0-9', '0123456789'],
  dotted: ['A-Za-z0-9_.-', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'],
  hex: ['0-9a-f', '0123456789abcdef'],
  lower: ['a-z0-9', 'abcdefghijklmnopqrstuvwxyz0123456789'],
  upper: ['A-Z0-9', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'],
  url64: ['A-Za-z0-9_-', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'],
  word: ['A-Za-z0-9_', 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_'],
  xhex: ['0-9A-Fa-f', '0123456789abcdefABCDEF'],
} as const satisfies Record<string, readonly [string, string]>;

type Alphabet = keyof typeof ALPHABETS;

type Part =
  | { readonly literals: readonly string[] }
  | { readonly alphabet: Alphabet; readonly least: number; readonly most: number };

/** What a shape says, taken apart. */
export interface Shape {
  /** The source of a regular expression that finds it, without boundaries. */
  readonly source: string;
  readonly maxLength: number;
  /** How far the shortest is from the longest. */
  readonly slack: number;
  /** The longest literals, one of which is in every text of this shape. */
  readonly literals: readonly string[];
  /** The characters that it may begin with, if it begins with a drawn one: a class of a regular expression. */
  readonly begins: string;
  /** The literal text it begins with, if there is one and only one. */
  readonly prefix: string;
  /** A text of this shape, drawn from a fixed sequence: synthetic, and the same each time. */
  readonly sample: () => string;
  /** The same, one character too short at the end. */
  readonly tooShort: () => string;
  /** The same with a placeholder for a body. */
  readonly filler: () => string;
}

const PIECE =
  /\{(?<alphabet>[a-z0-9]+):(?<least>\d+)(?:-(?<most>\d+))?\}|\((?<choice>[^)]+)\)|(?<literal>[^{(]+)/gy;
const UUID = '{hex:8}-{hex:4}-{hex:4}-{hex:4}-{hex:12}';

function parse(text: string): Part[] {
  return [...text.replaceAll('{uuid}', UUID).matchAll(PIECE)].map(({ groups = {} }): Part => {
    const { alphabet, least, most, choice, literal } = groups;
    if (alphabet === undefined) return { literals: choice?.split('|') ?? [literal ?? ''] };
    return { alphabet: alphabet as Alphabet, least: Number(least), most: Number(most ?? least) };
  });
}

/** Writes text so that a regular expression takes it literally. */
export function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}

function sourceOf(part: Part): string {
  if ('literals' in part) {
    const choices = part.literals.map((literal) => escaped(literal));
    return choices.length === 1 ? (choices[0] ?? '') : `(?:${choices.join('|')})`;
  }
  const { alphabet, least, most } = part;
  return `[${ALPHABETS[alphabet][0]}]{${least === most ? least : `${least},${most}`}}`;
}

const longest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));

function fill(parts: readonly Part[], fewer = 0, filler?: string): string {
  const last = parts.findLastIndex((part) => 'alphabet' in part);
  let state = parts.length;
  return parts
    .map((part, at) => {
      if ('literals' in part) return part.literals[0] ?? '';
      const letters = ALPHABETS[part.alphabet][1];
      const length = part.least - (at === last ? fewer : 0);
      return Array.from({ length }, () => {
        // Numerical Recipes' linear congruence: enough to look drawn, and needs no randomness.
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return filler ?? letters[(state >>> 12) % letters.length];
      }).join('');
    })
    .join('');
}

/**
 * Reads a shape, the way that a provider's page describes a token: `gsk_{alnum:52}`, `(sk|rk)_live_{alnum:24-99}`.
 * Braces hold an alphabet and a length or a range of lengths, parentheses a choice of literals, the rest is literal.
 */
export function shape(text: string): Shape {
  const parts = parse(text);
  const choices = parts.flatMap((part) => ('literals' in part ? [part.literals] : []));
  const least = (literals: readonly string[]) => Math.min(...literals.map((literal) => literal.length));
  const [first] = parts;
  return {
    source: parts.map(sourceOf).join(''),
    maxLength: parts.reduce(
      (sum, part) => sum + ('literals' in part ? longest(part.literals) : part.most),
      0,
    ),
    slack: parts.reduce((sum, part) => sum + ('literals' in part ? 0 : part.most - part.least), 0),
    literals: choices.reduce<readonly string[]>(
      (best, choice) => (best.length === 0 || least(choice) > least(best) ? choice : best),
      [],
    ),
    begins: first && 'alphabet' in first ? ALPHABETS[first.alphabet][0] : '',
    prefix: first && 'literals' in first && first.literals.length === 1 ? (first.literals[0] ?? '') : '',
    sample: () => fill(parts),
    tooShort: () => fill(parts, 1),
    filler: () => fill(parts, 0, 'x'),
  };
}
