const DONE = '[DONE]';

/** One server-sent event, decoded. */
export class StreamEvent {
  /** The `event:` field, if there is one. */
  readonly type: string | undefined;
  #data: string | undefined;
  #raw: string | undefined;
  #json: unknown;
  #parsed: boolean;

  private constructor(
    type: string | undefined,
    data: string | undefined,
    raw: string | undefined,
    json: unknown,
    parsed: boolean,
  ) {
    this.type = type;
    this.#data = data;
    this.#raw = raw;
    this.#json = json;
    this.#parsed = parsed;
  }

  /** An event as it came over the wire; `raw` is its text with the blank line that ended it. */
  static decoded(type: string | undefined, data: string, raw: string): StreamEvent {
    return new StreamEvent(type, data, raw, undefined, false);
  }

  /** An event of our own making. */
  static of(json: unknown, type?: string): StreamEvent {
    return new StreamEvent(type, undefined, undefined, json, true);
  }

  /** The joined `data:` fields. */
  get data(): string {
    return (this.#data ??= JSON.stringify(this.#json));
  }

  /** The event as text of the wire. */
  get raw(): string {
    return (this.#raw ??= `${this.type === undefined ? '' : `event: ${this.type}\n`}data: ${this.data}\n\n`);
  }

  /** Whether this is `[DONE]`, the end of an OpenAI stream. */
  get done(): boolean {
    // The very marker: text that only begins like it is a broken event, not the end of a reply.
    return this.#data === DONE;
  }

  /** The parsed data; undefined when it is not JSON. Parsed once. */
  get json(): unknown {
    if (!this.#parsed) {
      this.#parsed = true;
      try {
        this.#json = JSON.parse(this.data);
      } catch {
        this.#json = undefined;
      }
    }
    return this.#json;
  }

  /** Whether the data is JSON. */
  get wellFormed(): boolean {
    return this.json !== undefined;
  }
}

/**
 * Decodes server-sent events from chunks that may be cut anywhere: in a line, in a CRLF, in a character.
 * Follows the event stream grammar of the WHATWG HTML standard; comments and unknown fields are skipped.
 */
export class SseDecoder {
  readonly #utf8 = new TextDecoder();
  /** Text after the last complete event. Grows by concatenation only, so that a long event costs no more per byte. */
  #raw = '';
  /** The line that is not ended yet. */
  #partial = '';
  /** Whether the last chunk ended with a CR, which may be half of a CRLF. */
  #heldCr = false;
  #type: string | undefined;
  #data: string | undefined;

  /** Takes the next bytes, returns the events that they completed. */
  push(chunk: Uint8Array): StreamEvent[] {
    return this.#take(this.#utf8.decode(chunk, { stream: true }), false);
  }

  /**
   * The comments and blank lines after the last event, which the next one then no longer has before it; undefined
   * in the middle of an event. (Of a character that is cut in two, too: events and comments begin with plain ones.)
   */
  takeTail(): string | undefined {
    if (this.#heldCr || this.#partial !== '' || this.#data !== undefined || this.#type !== undefined) {
      return undefined;
    }
    const tail = this.#raw;
    this.#raw = '';
    return tail;
  }

  /** Ends the stream; returns the last event when only its blank line was missing. */
  end(): StreamEvent[] {
    const events = this.#take(this.#utf8.decode(), true);
    if (this.#partial !== '') this.#field(this.#partial);
    if (this.#data !== undefined) {
      events.push(StreamEvent.decoded(this.#type, this.#data, `${this.#raw}\n\n`));
    }
    this.#raw = '';
    this.#partial = '';
    this.#data = undefined;
    return events;
  }

  #take(chunk: string, last: boolean): StreamEvent[] {
    const events: StreamEvent[] = [];
    let text = this.#heldCr ? `\r${chunk}` : chunk;
    if (text === '') return events;
    this.#heldCr = !last && text.endsWith('\r');
    if (this.#heldCr) text = text.slice(0, -1);
    let eventStart = 0;
    let lineStart = 0;
    let cr = indexOrEnd(text, '\r', 0);
    let lf = indexOrEnd(text, '\n', 0);
    for (;;) {
      if (lf < lineStart) lf = indexOrEnd(text, '\n', lineStart);
      if (cr < lineStart) cr = indexOrEnd(text, '\r', lineStart);
      const end = Math.min(lf, cr);
      if (end === Infinity) break;
      const next = cr === end && lf === end + 1 ? end + 2 : end + 1;
      if (end > lineStart || this.#partial !== '') {
        this.#field(this.#partial + text.slice(lineStart, end));
        this.#partial = '';
      } else if (this.#data !== undefined) {
        events.push(StreamEvent.decoded(this.#type, this.#data, this.#raw + text.slice(eventStart, next)));
        this.#raw = '';
        this.#type = undefined;
        this.#data = undefined;
        eventStart = next;
      } else {
        this.#type = undefined;
      }
      lineStart = next;
    }
    if (lineStart < text.length) this.#partial += text.slice(lineStart);
    if (eventStart < text.length) this.#raw += text.slice(eventStart);
    return events;
  }

  #field(line: string): void {
    if (line.startsWith('data:')) {
      const value = line.slice(line.charCodeAt(5) === SPACE ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line === 'data') {
      this.#data = this.#data === undefined ? '' : `${this.#data}\n`;
    } else if (line.startsWith('event:')) {
      this.#type = line.slice(line.charCodeAt(6) === SPACE ? 7 : 6);
    } else if (line === 'event') {
      this.#type = '';
    }
  }
}

const SPACE = 32;

function indexOrEnd(text: string, needle: string, from: number): number {
  const index = text.indexOf(needle, from);
  return index === -1 ? Infinity : index;
}
