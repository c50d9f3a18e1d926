const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Reads a JSON text (RFC 8259, section 7), behind its opening quote, from stretches that may be cut anywhere. */
export class TextReader {
  /** What has come, without escapes. */
  text = '';
  /** Its length in code points. */
  length = 0;
  /** Whether it is read to its end; or is no text of JSON. */
  state: 'open' | 'closed' | 'malformed' = 'open';
  /** Whether the text ends with the first half of a code point. */
  #endsHigh = false;
  /** What has come of an escape. */
  #escape = '';

  /** Takes as much of the text as there is; returns where what follows begins. */
  take(chunk: string, from: number): number {
    let at = from;
    while (at < chunk.length) {
      if (this.#escape !== '') {
        this.#unescape(chunk[at++] as string);
        if (this.state === 'malformed') return at;
        continue;
      }
      const end = plainEnd(chunk, at);
      if (end > at) this.#append(chunk.slice(at, end));
      if (end === chunk.length) return end;
      at = end + 1;
      if (chunk[end] === '\\') this.#escape = '\\';
      else {
        // What is no quote is a control character.
        this.state = chunk[end] === '"' ? 'closed' : 'malformed';
        return at;
      }
    }
    return at;
  }

  #unescape(char: string): void {
    this.#escape += char;
    const [, kind = ''] = this.#escape;
    if (kind !== 'u') {
      this.#escape = '';
      const plain = ESCAPES[kind];
      if (plain === undefined) this.state = 'malformed';
      else this.#append(plain);
    } else if (char !== 'u' && !/[\da-fA-F]/.test(char)) {
      this.state = 'malformed';
    } else if (this.#escape.length === 6) {
      this.#append(String.fromCharCode(Number.parseInt(this.#escape.slice(2), 16)));
      this.#escape = '';
    }
  }

  #append(text: string): void {
    const joins = this.#endsHigh && isLow(text, 0);
    this.text += text;
    this.length += codePoints(text) - (joins ? 1 : 0);
    this.#endsHigh = isHigh(text, text.length - 1);
  }
}

/** Where the characters of a text end that stand for themselves. */
function plainEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34 || code === 92 || code < 32) break;
  }
  return at;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length - 1; at++) if (isHigh(text, at) && isLow(text, at + 1)) count--;
  return count;
}

function isHigh(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isLow(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
