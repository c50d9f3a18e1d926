import type { RecordedRequest, ScriptedReply } from '@interpose/testing';

/** A part of the day, in tenths of it. */
interface Phase {
  readonly name: string;
  readonly until: number;
  readonly reply: (request: RecordedRequest) => ScriptedReply;
}

// So many requests a second are served while the provider is limited.
const LIMIT = 8;

/** What becomes of requests to a provider whose day is well, down, limited, stalling, and well again. */
export class BadDay {
  /** How much of the day is over, from 0 to 1. */
  #part = 0;
  readonly #served: number[] = [];
  readonly #phases: readonly Phase[] = [
    { name: 'well', until: 2, reply: () => WELL },
    { name: 'down', until: 4, reply: () => ({ status: 503 }) },
    { name: 'limited', until: 6, reply: () => (this.#hasRoom() ? WELL : { status: 429 }) },
    { name: 'stalling', until: 8, reply: () => ({ ...WELL, stall: { afterEvents: 1, keepAlive: 50 } }) },
    { name: 'well again', until: 10, reply: () => WELL },
  ];

  /** Time passes. @param part how much of the day is over, from 0 to 1 */
  moveTo(part: number): void {
    this.#part = part;
  }

  get phase(): string {
    return this.#current.name;
  }

  /** The standing reply of the provider. */
  readonly reply = (request: RecordedRequest): ScriptedReply => this.#current.reply(request);

  get #current(): Phase {
    const tenth = this.#part * 10;
    const last = this.#phases.at(-1) as Phase;
    return this.#phases.find(({ until }) => tenth < until) ?? last;
  }

  #hasRoom(): boolean {
    const now = performance.now();
    while (this.#served[0] !== undefined && this.#served[0] < now - 1000) this.#served.shift();
    if (this.#served.length >= LIMIT) return false;
    this.#served.push(now);
    return true;
  }
}

const WELL: ScriptedReply = { latency: 40, text: 'All is well.' };
