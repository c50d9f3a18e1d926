import type { JsonEvents, Literal } from './json-events.ts';
import { TextReader } from './text-reader.ts';

// Numbers, because what comes next is decided for each character by them.
const VALUE = 0;
const ITEM = 1;
const FIRST_KEY = 2;
const NEXT_KEY = 3;
const COLON = 4;
const AFTER = 5;
const STRING = 6;
const NUMBER = 7;
const LITERAL = 8;
const FENCE = 9;
const END = 10;
const STOPPED = 11;

const LITERALS: Readonly<Record<string, readonly [word: string, value: Literal]>> = {
  t: ['true', true],
  f: ['false', false],
  n: ['null', null],
};
// RFC 8259, section 6; and what may become one.
const WHOLE_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NUMBER_PREFIX = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][+-]?\d*)?)?$/;
const MAX_DEPTH = 1000;
const MAX_DIGITS = 1000;

/** Reads JSON (RFC 8259) from stretches that may be cut anywhere, and tells of it at once. */
export class JsonScanner {
  readonly #events: JsonEvents;
  readonly #forgiving: boolean;
  /** What is open: objects, or lists. */
  readonly #open: boolean[] = [];
  #state: number = VALUE;
  #isKey = false;
  /** The number or the word so far. */
  #text = '';
  /** The text or the key that is being read. */
  #reader = new TextReader();

  /** @param forgiving whether it stops at what is no JSON, and lets a code fence be, instead of telling */
  constructor(events: JsonEvents, forgiving: boolean) {
    this.#events = events;
    this.#forgiving = forgiving;
  }

  push(chunk: string): void {
    let at = 0;
    while (at < chunk.length && this.#state !== STOPPED) {
      at = this.#state === STRING ? this.#string(chunk, at) : this.#step(chunk, at);
    }
  }

  /** Takes what stands outside of texts; returns where to go on. */
  #step(chunk: string, at: number): number {
    switch (this.#state) {
      case NUMBER:
        return this.#number(chunk, at);
      case LITERAL:
        this.#word(chunk[at] as string);
        return at + 1;
      case FENCE:
        if (chunk[at] === '\n') this.#state = VALUE;
        return at + 1;
      default:
        if (!isSpace(chunk.charCodeAt(at))) this.#token(chunk[at] as string);
        return at + 1;
    }
  }

  #token(char: string): void {
    switch (this.#state) {
      case ITEM:
        return char === ']' ? this.#close() : this.#item(char);
      case VALUE:
        return this.#open.at(-1) === false ? this.#item(char) : this.#value(char);
      case FIRST_KEY:
        return char === '}' ? this.#close() : this.#key(char);
      case NEXT_KEY:
        return this.#key(char);
      case COLON:
        if (char !== ':') return this.#malformed();
        this.#state = VALUE;
        return;
      case AFTER:
        return this.#after(char);
      default:
        return this.#malformed();
    }
  }

  #after(char: string): void {
    const object = this.#open.at(-1);
    if (char === (object ? '}' : ']')) return this.#close();
    if (char !== ',') return this.#malformed();
    // One that nothing follows may be taken out again.
    if (!this.#forgiving && !this.#events.comma()) return this.#stop();
    this.#state = object ? NEXT_KEY : VALUE;
  }

  #item(char: string): void {
    if (isStart(char) && !this.#events.item()) return this.#stop();
    this.#value(char);
  }

  #key(char: string): void {
    if (char !== '"') return this.#malformed();
    this.#beginText(true);
    if (!this.#events.keyGrows('')) this.#stop();
  }

  #value(char: string): void {
    if (char === '{' || char === '[') {
      const object = char === '{';
      if (this.#open.length >= MAX_DEPTH) return this.#stop();
      if (!this.#events.open(object)) return this.#stop();
      this.#open.push(object);
      this.#state = object ? FIRST_KEY : ITEM;
    } else if (char === '"') {
      this.#beginText(false);
      if (!this.#events.textBegins()) this.#stop();
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      this.#begin(NUMBER, char);
      if (!this.#events.numberBegins() || !this.#events.numberGrows(char)) this.#stop();
    } else if (LITERALS[char]) {
      this.#begin(LITERAL, char);
      if (!this.#events.literal(LITERALS[char][1])) this.#stop();
    } else if (char === '`' && this.#forgiving && this.#open.length === 0) {
      this.#state = FENCE;
    } else this.#malformed();
  }

  #close(): void {
    this.#open.pop();
    if (this.#events.close()) this.#ended();
    else this.#stop();
  }

  /** A value is whole. */
  #ended(): void {
    this.#state = this.#open.length === 0 ? END : AFTER;
  }

  /** Takes as much of a number as there is; returns where it goes on. */
  #number(chunk: string, from: number): number {
    let at = from;
    while (at < chunk.length && isOfNumber(chunk.charCodeAt(at))) at++;
    if (at > from) {
      this.#text += chunk.slice(from, at);
      if (this.#text.length > MAX_DIGITS) this.#stop();
      else if (!NUMBER_PREFIX.test(this.#text)) this.#malformed();
      else if (!this.#events.numberGrows(this.#text)) this.#stop();
    }
    if (at === chunk.length || this.#state === STOPPED) return at;
    if (!WHOLE_NUMBER.test(this.#text)) this.#malformed();
    else if (this.#events.number(this.#text)) this.#ended();
    else this.#stop();
    return at;
  }

  #word(char: string): void {
    this.#text += char;
    const [word = ''] = LITERALS[this.#text[0] as string] ?? [];
    if (this.#text === word) this.#ended();
    else if (!word.startsWith(this.#text)) this.#malformed();
  }

  /** Takes as much of a text as there is; returns where it goes on. */
  #string(chunk: string, from: number): number {
    const reader = this.#reader;
    const at = reader.take(chunk, from);
    if (reader.state === 'malformed') this.#malformed();
    else if (this.#grows() && reader.state === 'closed') this.#endText();
    return at;
  }

  #grows(): boolean {
    const { text, length } = this.#reader;
    const goesOn = this.#isKey ? this.#events.keyGrows(text) : this.#events.textGrows(text, length);
    if (!goesOn) this.#stop();
    return goesOn;
  }

  #endText(): void {
    const { text, length } = this.#reader;
    if (this.#isKey) {
      this.#state = COLON;
      if (!this.#events.key(text)) this.#stop();
    } else if (this.#events.text(text, length)) this.#ended();
    else this.#stop();
  }

  #beginText(isKey: boolean): void {
    this.#state = STRING;
    this.#isKey = isKey;
    this.#reader = new TextReader();
  }

  #begin(state: number, text: string): void {
    this.#state = state;
    this.#text = text;
  }

  #malformed(): void {
    if (!this.#forgiving) this.#events.malformed();
    this.#stop();
  }

  #stop(): void {
    this.#state = STOPPED;
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

/** A digit, or one of `+-.eE`. */
function isOfNumber(code: number): boolean {
  return (
    (code >= 48 && code <= 57) || code === 46 || code === 45 || code === 43 || code === 101 || code === 69
  );
}

/** Whether a value begins so. */
function isStart(char: string): boolean {
  return '{["-tfn'.includes(char) || (char >= '0' && char <= '9');
}
