import type { Call } from './call.ts';
import type { Failure } from './failure.ts';
import type { Logger } from './logger.ts';
import type { Outcome } from './outcome.ts';
import type { Detour } from './well-known.ts';

/** A typed name for something that units report. Made by {@link eventType}. */
export interface EventType<T> {
  readonly name: string;
  /** Never set; carries the type of the data. */
  readonly data?: T;
}

/** One report on the event channel. */
export interface LayerEvent<T = unknown> {
  readonly type: string;
  /** The unit that reports: a plugin's name, or `core`. */
  readonly unit: string;
  readonly call: Call;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly data: T;
}

/** The data of {@link attemptEnded}. */
export interface AttemptEnd {
  readonly attempt: number;
  /** Of an attempt that was answered. */
  readonly outcome?: Outcome;
  /** The HTTP status of the answer. */
  readonly status?: number;
  /** The provider's id of the request. */
  readonly requestId?: string;
  readonly failure?: Failure;
}

/** The data of {@link balance}. */
export interface Balance {
  /** The limit, as its owner names it: `endpoint search, 5 USD a day`. */
  readonly limit: string;
  /** What is counted: `usd`, `tokens`, `calls`. */
  readonly unit: string;
  readonly remaining: number;
}

/** The data of {@link redacted}. Never the text. */
export interface Redaction {
  /** The rule or the detector that found it: `email`, `github-token`. */
  readonly rule: string;
  /** What it is of: `EMAIL`. */
  readonly kind: string;
  /** Where: the path in the params, or the channel of the reply. */
  readonly place: string;
  readonly direction: 'request' | 'reply';
  /** What was done: `mask`, `pseudonymise`, `hash`, `block`, `report`. */
  readonly action: string;
  readonly count: number;
}

/** The data of {@link detoured}. */
export interface DetourTaken extends Detour {
  /** Why: the kind of a failure, the name of a rule, `slow`. */
  readonly reason: string;
}

/** The data of {@link evaluated}. Never the text that was judged. */
export interface Evaluation {
  /** What was asked of the answer: `shape`, or the name of a check. */
  readonly name: string;
  /** `unjudged` where it could not be told: the answer was cut, say, or is a refusal. */
  readonly verdict: 'pass' | 'fail' | 'unjudged';
  /** What a failure means: the answer is not handed on (`error`), or it is told of only (`warn`). */
  readonly severity: 'error' | 'warn';
  /** As the judge counts. */
  readonly score?: number;
  /** Why, in a few words that are none of the answer's. */
  readonly explanation?: string;
  /** The reply that was judged, as the provider names it. */
  readonly responseId?: string;
  /** Which attempt of the call that reply is, from 1. */
  readonly attempt: number;
}

/** Makes a type of event. Units of your own name theirs after themselves: `cache.stale`. */
export function eventType<T>(name: string): EventType<T> {
  return { name };
}

/** A call entered the layer. */
export const started: EventType<Readonly<Record<string, never>>> = eventType('start');
/** An attempt was sent to the provider. */
export const attempted: EventType<{ attempt: number }> = eventType('attempt');
/**
 * An attempt is over: its reply ended, or it got none. Of the very call that `attempted` was of, and of every
 * attempt, also where nothing retries.
 */
export const attemptEnded: EventType<AttemptEnd> = eventType('attempt-end');
/** An attempt failed; `retrying` says whether another one follows. */
export const attemptFailed: EventType<{ attempt: number; failure: Failure; retrying: boolean }> =
  eventType('attempt-failed');
/** A unit waits before it goes on, or has waited. `reason` is for people: `backoff`, `retry-after`, `queue`, `rate limit`. */
export const waiting: EventType<{ ms: number; reason: string }> = eventType('wait');
/** A unit sends a call, or another try of it, elsewhere than it was going. */
export const detoured: EventType<DetourTaken> = eventType('detour');
/** A unit answered without the provider. */
export const hit: EventType<{ source: string }> = eventType('hit');
/** A unit refused the call. */
export const refused: EventType<{ code: string }> = eventType('refusal');
/** A reply ended; the last event of a call that got one. */
export const settled: EventType<{ outcome: Outcome; source: string }> = eventType('settle');
/** What is left of a limit, once a call was charged to it. */
export const balance: EventType<Balance> = eventType('balance');
/** Secrets or personal data were found in a request or a reply. */
export const redacted: EventType<Redaction> = eventType('redaction');
/** An answer, or a call of a tool, was judged. */
export const evaluated: EventType<Evaluation> = eventType('evaluation');
/** The machinery of a unit broke; `open` says whether the call went on without it. */
export const faulted: EventType<{ error: unknown; open: boolean }> = eventType('fault');

/** The event channel of a layer: units report what they do, traces, logs and dashboards listen. */
export class Events {
  /** Whether anybody listens. Ask before building the data of an event, so that silence costs nothing. */
  active = false;
  readonly #listeners = new Map<string, Set<(event: LayerEvent) => void>>();
  readonly #now: () => number;
  readonly #logger: Logger;

  constructor(now: () => number, logger: Logger) {
    this.#now = now;
    this.#logger = logger;
  }

  /** Whether somebody listens to this type, for what is dear to find out. */
  listensTo(type: { readonly name: string }): boolean {
    return this.active && (this.#listeners.has(type.name) || this.#listeners.has('*'));
  }

  /** Listens to one type of event, or to all with `'*'`. Returns the function that ends it. */
  on(type: '*', listener: (event: LayerEvent) => void): () => void;
  on<T>(type: EventType<T>, listener: (event: LayerEvent<T>) => void): () => void;
  on(type: EventType<unknown> | '*', listener: (event: LayerEvent<never>) => void): () => void {
    const name = type === '*' ? '*' : type.name;
    const listeners = this.#listeners.get(name) ?? new Set();
    // A wrapper of its own, so that the same function given twice is called twice and ended one at a time.
    const entry = (event: LayerEvent): void => listener(event as LayerEvent<never>);
    this.#listeners.set(name, listeners.add(entry));
    this.active = true;
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) this.#listeners.delete(name);
      this.active = this.#listeners.size > 0;
    };
  }

  /** Reports. A listener that throws is logged and harms neither the call nor other listeners. */
  emit<T>(type: EventType<T>, unit: string, call: Call, data: T): void {
    if (!this.active) return;
    const event: LayerEvent<T> = { type: type.name, unit, call, at: this.#now(), data };
    for (const name of [type.name, '*']) {
      for (const listener of this.#listeners.get(name) ?? []) {
        try {
          listener(event);
        } catch (error) {
          this.#logger.error({ error, event: type.name }, 'interpose: an event listener threw');
        }
      }
    }
  }
}
