/** What a character is, as far as it matters for where the encodings cut. */
const OTHER = 0;
const SPACE = 1;
const LETTER = 2;
const DIGIT = 3;
const MARK = 4;
const SLASH_MARK = 5;

// Stays below zero, so that it is never the first of three.
const NEVER = -0x40000000;

// Not zero, which would not tell how many NULs a chunk begins with.
const SEED = 0x2545f491;

const APOSTROPHE = 0x27;
const BLANK = 0x20;

/** Classes of ASCII. Controls are `OTHER`: nothing is said about those. */
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/\s/.test(char)) return SPACE;
  if (/[a-z]/i.test(char)) return LETTER;
  if (/\d/.test(char)) return DIGIT;
  if (char === '/') return SLASH_MARK;
  return code > BLANK && code < 127 ? MARK : OTHER;
});

/** Marks of Chinese and Japanese: 、 。 ！ ， ： ； ？ */
const WIDE_MARKS = new Set([0x3001, 0x3002, 0xff01, 0xff0c, 0xff1a, 0xff1b, 0xff1f]);

function classOf(code: number): number {
  if (code < 0x3001) return OTHER;
  const ideograph = code >= 0x4e00 && code <= 0x9fff;
  const kana = (code >= 0x3041 && code <= 0x3096) || (code >= 0x30a1 && code <= 0x30fa);
  const hangul = code >= 0xac00 && code <= 0xd7a3;
  if (ideograph || kana || hangul) return LETTER;
  return WIDE_MARKS.has(code) ? MARK : OTHER;
}

/** Whether a character is whitespace, as the regular expressions of the encodings have it. */
function isSpace(code: number): boolean {
  if (code < 128) return ASCII[code] === SPACE;
  return code === 0xa0 || (code >= 0x1680 && /\s/.test(String.fromCharCode(code)));
}

/** Gets a chunk: where it is, its length in UTF-8 at most, and two hashes of it. */
export type OnChunk = (start: number, end: number, bytes: number, hash: number, check: number) => void;

/**
 * Finds places where o200k_base and cl100k_base both begin a new piece, whatever stands around. Both cut a text
 * with a regular expression (`pat_str` in tiktoken's openai_public.py) into words with at most one character before
 * them, up to three digits, marks with a blank before them, and whitespace; what is between two cuts is encoded by itself.
 * Not all cuts are found, but those that are, are cuts:
 *
 * - before a blank that something follows: it belongs to what follows;
 * - between letters, digits and marks, but not where a mark may be the one character before a word, or an apostrophe the
 *   beginning of `'s`; nor after a slash, which may belong to the newline before it;
 * - after each third digit of a number.
 *
 * Calls `chunk` for what is between. One pass; nothing is looked at twice.
 */
export function cut(text: string, chunk: OnChunk): void {
  const { length } = text;
  let start = 0;
  let bytes = 0;
  let hash = SEED;
  let check = SEED;
  let before = OTHER;
  let last = SPACE;
  let digits = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    const kind = code < 128 ? ASCII[code]! : classOf(code);
    let cuts = false;
    if (kind === LETTER) {
      cuts = last === DIGIT || (last === MARK && before === MARK);
    } else if (kind === SPACE) {
      cuts = code === BLANK && index + 1 < length && !isSpace(text.charCodeAt(index + 1));
    } else if (kind === MARK || kind === SLASH_MARK) {
      cuts = last === DIGIT || (last === LETTER && code !== APOSTROPHE);
    } else if (kind === DIGIT) {
      // Behind what is not known there may be digits of another script, so that nobody knows which is the third.
      digits = last === DIGIT ? digits + 1 : last === OTHER ? NEVER : 1;
      cuts = last === LETTER || last === MARK || last === SLASH_MARK || (last === DIGIT && digits % 3 === 1);
    }
    if (cuts && index > start) {
      chunk(start, index, bytes, hash, check);
      start = index;
      bytes = 0;
      hash = SEED;
      check = SEED;
    }
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    hash = Math.imul(hash ^ code, 0x9e3779b1);
    check = (Math.imul(check, 31) + code) | 0;
    before = last;
    last = kind;
  }
  if (start < length) chunk(start, length, bytes, hash, check);
}
