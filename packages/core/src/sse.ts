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
  /** Text after the last complete event. */
  #buffer = '';
  /** Where the search for the end of a line goes on. */
  #scanned = 0;
  #lineStart = 0;
  #type: string | undefined;
  #data: string | undefined;

  /** Takes the next bytes, returns the events that they completed. */
  push(chunk: Uint8Array): StreamEvent[] {
    return this.#take(this.#utf8.decode(chunk, { stream: true }), false);
  }

  /** Ends the stream; returns the last event when only its blank line was missing. */
  end(): StreamEvent[] {
    const events = this.#take(this.#utf8.decode(), true);
    if (this.#data === undefined && this.#lineStart >= this.#buffer.length) return events;
    if (this.#lineStart < this.#buffer.length) this.#line(this.#buffer.slice(this.#lineStart));
    if (this.#data !== undefined) {
      events.push(StreamEvent.decoded(this.#type, this.#data, `${this.#buffer}\n\n`));
    }
    this.#buffer = '';
    this.#data = undefined;
    return events;
  }

  #take(text: string, last: boolean): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (text === '') return events;
    this.#buffer = this.#buffer === '' ? text : this.#buffer + text;
    const buffer = this.#buffer;
    let eventStart = 0;
    let position = this.#scanned;
    let cr = indexOrEnd(buffer, '\r', position);
    for (;;) {
      const lf = indexOrEnd(buffer, '\n', position);
      if (cr < position) cr = indexOrEnd(buffer, '\r', position);
      const end = Math.min(lf, cr);
      // A CR at the very end may be half of a CRLF: wait for the next chunk.
      if (end === Infinity || (!last && cr === end && end === buffer.length - 1)) break;
      const next = cr === end && lf === end + 1 ? end + 2 : end + 1;
      if (end > this.#lineStart) {
        this.#line(buffer.slice(this.#lineStart, end));
      } else if (this.#data !== undefined) {
        events.push(StreamEvent.decoded(this.#type, this.#data, buffer.slice(eventStart, next)));
        this.#type = undefined;
        this.#data = undefined;
        eventStart = next;
      } else {
        this.#type = undefined;
      }
      this.#lineStart = next;
      position = next;
    }
    if (eventStart > 0) {
      this.#buffer = buffer.slice(eventStart);
      this.#lineStart -= eventStart;
    }
    // All of it was searched, but for a CR that may still become a CRLF.
    this.#scanned = Math.max(this.#lineStart, this.#buffer.length - 1);
    return events;
  }

  #line(line: string): void {
    if (line.startsWith('data:')) {
      const value = line.slice(line.charCodeAt(5) === SPACE ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    } else if (line === 'data') {
      this.#data = this.#data === undefined ? '' : `${this.#data}\n`;
    } else if (line.startsWith('event:')) {
      this.#type = line.slice(line.charCodeAt(6) === SPACE ? 7 : 6);
    }
  }
}

const SPACE = 32;

function indexOrEnd(text: string, needle: string, from: number): number {
  const index = text.indexOf(needle, from);
  return index === -1 ? Infinity : index;
}
