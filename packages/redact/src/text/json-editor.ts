import { append } from '../scan/found.ts';
import type { Editor } from './edit.ts';
import { Spelling } from './spelling.ts';

const ESCAPED: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const LITERAL = /^(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;

/** Where in a JSON text the next unit stands. */
type State = 'outside' | 'inside' | 'after key' | 'after colon';

/**
 * Edits the strings in a JSON text, which comes whole or bit by bit; it stays JSON. What they say is shown to the editor,
 * escapes read; a value together with its key, by which some things are recognised. What is not edited keeps its
 * spelling. What is no JSON is edited as text, word by word.
 */
export class JsonEditor {
  readonly #editor: Editor;
  readonly #spelling: Spelling;
  #state: State = 'outside';
  /** The objects and arrays that are open. */
  readonly #open: string[] = [];
  /** Whether the next string of an object is a key, and whether the one that is read is. */
  #keyNext = false;
  #isKey = false;
  /** An escape that has not come whole. */
  #escape = '';
  /** A word outside of strings: a number, `true`, or something that has no place in JSON. */
  #word = '';
  #out = '';

  constructor(editor: Editor) {
    this.#editor = editor;
    this.#spelling = new Spelling();
  }

  push(text: string): string {
    for (let at = 0; at < text.length;) at = this.#step(text, at);
    return this.#takeOut();
  }

  end(): string {
    this.#endWord();
    this.#endStretch();
    this.#out += this.#escape;
    this.#escape = '';
    return this.#takeOut();
  }

  #takeOut(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #step(text: string, at: number): number {
    const unit = text[at] as string;
    if (this.#state === 'inside') return this.#inside(text, at);
    if (this.#state === 'after key' && (isSpace(unit) || unit === ':')) {
      this.#show(unit, unit, false);
      if (unit === ':') this.#state = 'after colon';
      return at + 1;
    }
    if (this.#state === 'after colon' && (isSpace(unit) || unit === '"')) {
      this.#show(unit, unit, false);
      if (unit === '"') this.#begin(false);
      return at + 1;
    }
    if (this.#state !== 'outside') this.#endStretch();
    this.#state = 'outside';
    return this.#outside(unit, at);
  }

  #outside(unit: string, at: number): number {
    if (!isSpace(unit) && !'{}[],:"'.includes(unit)) {
      this.#word += unit;
      return at + 1;
    }
    this.#endWord();
    this.#out += unit;
    if (unit === '"') {
      this.#begin(this.#keyNext);
    } else if (unit === '{' || unit === '[') {
      this.#open.push(unit);
      this.#keyNext = unit === '{';
    } else if (unit === '}' || unit === ']') {
      this.#open.pop();
      this.#keyNext = false;
    } else if (unit === ',') {
      this.#keyNext = this.#open.at(-1) === '{';
    }
    return at + 1;
  }

  #begin(isKey: boolean): void {
    this.#isKey = isKey;
    this.#keyNext = false;
    this.#state = 'inside';
  }

  #inside(text: string, at: number): number {
    if (this.#escape !== '') return this.#escaped(text, at);
    let end = at;
    while (end < text.length && text[end] !== '"' && text[end] !== '\\') end++;
    if (end > at) {
      const run = text.slice(at, end);
      this.#show(run, run, true);
      return end;
    }
    if (text[at] === '\\') {
      this.#escape = '\\';
    } else if (this.#isKey) {
      this.#show('"', '"', false);
      this.#state = 'after key';
    } else {
      this.#endStretch();
      this.#out += '"';
      this.#state = 'outside';
    }
    return at + 1;
  }

  #escaped(text: string, at: number): number {
    this.#escape += text[at];
    const kind = this.#escape[1] as string;
    if (kind === 'u' && this.#escape.length < 6 && /^\\u[0-9a-fA-F]*$/.test(this.#escape)) return at + 1;
    const spelling = this.#escape;
    this.#escape = '';
    const code = /^\\u([0-9a-fA-F]{4})$/.exec(spelling)?.[1];
    if (code !== undefined) {
      this.#show(String.fromCharCode(Number.parseInt(code, 16)), spelling, true);
    } else if (kind === 'u') {
      // No escape after all: what it is taken for is up to whoever reads it.
      this.#show(spelling.slice(0, -1), spelling.slice(0, -1), true);
      return at;
    } else {
      this.#show(ESCAPED[kind] ?? kind, spelling, true);
    }
    return at + 1;
  }

  /** Shows text to the editor. @param spelling how it is written. @param inside whether it stands in a string. */
  #show(text: string, spelling: string, inside: boolean): void {
    this.#spelling.add(text, spelling, inside);
    this.#out += this.#spelling.spell(this.#editor.push(text));
  }

  #endStretch(): void {
    this.#out += this.#spelling.spell(this.#editor.end());
  }

  #endWord(): void {
    const word = this.#word;
    this.#word = '';
    if (word === '') return;
    if (LITERAL.test(word)) {
      this.#out += word;
      return;
    }
    const edits = [...this.#editor.push(word)];
    append(edits, this.#editor.end());
    for (const { text, by } of edits) this.#out += by ?? text;
  }
}

function isSpace(unit: string): boolean {
  return unit === ' ' || unit === '\n' || unit === '\t' || unit === '\r';
}
