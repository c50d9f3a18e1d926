import {
  eventType,
  redacted,
  type Call,
  type EventType,
  type Logger,
  type Unreadable,
} from '@interpose/core';
import type { Finding } from './redactor.ts';
import type { MatchNotice, RedactOptions } from './redact-options.ts';

/** Something was passed on that nobody can look into: images, sound, files, numbers of tokens; or a stream past detectors. */
export const unread: EventType<{ what: Unreadable | 'stream' }> = eventType('redact.unread');

const UNIT = 'redact';

/** What is found in one request or reply. */
export interface Gathered {
  readonly found: (finding: Finding) => void;
  /** Tells what was found since it was last told. */
  readonly tell: () => void;
}

/**
 * What was told of a reply as it came, and stays in it: a unit further in may make another reply of it, such as a cache of
 * a stream that it keeps, and then it is looked through once more.
 */
export class Seen {
  #counts: Map<string, number> | undefined;

  /** It was seen as it came. */
  add(key: string): void {
    this.#counts ??= new Map();
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Whether it was, and is seen again. */
  take(key: string): boolean {
    const count = this.#counts?.get(key) ?? 0;
    if (count > 0) this.#counts?.set(key, count - 1);
    return count > 0;
  }
}

/** Tells what was found where, and what was not looked at: never what it was. */
export class Report {
  readonly #onMatch: RedactOptions['onMatch'];
  readonly #logger: Logger;
  /** What the log has been told, once for each kind. */
  readonly #logged = new Set<string>();

  constructor(onMatch: RedactOptions['onMatch'], logger: Logger) {
    this.#onMatch = onMatch;
    this.#logger = logger;
  }

  /**
   * Gathers what is found together, and tells it when asked to.
   *
   * @param isKnown whether what stays is not to be told, having been told before. @default nothing is
   */
  gather(call: Call, direction: 'request' | 'reply', isKnown = (_key: string): boolean => false): Gathered {
    let notices = new Map<string, MatchNotice>();
    return {
      found: ({ source: { id, kind }, place, action }) => {
        const key = `${id} ${kind} ${place}`;
        if (action === 'report' && isKnown(key)) return;
        const count = (notices.get(key)?.count ?? 0) + 1;
        notices.set(key, { rule: id, kind, place, direction, action, count, call });
      },
      tell: () => {
        if (notices.size === 0) return;
        const told = [...notices.values()];
        notices = new Map();
        for (const { call, ...data } of told) call.runtime.events.emit(redacted, UNIT, call, data);
        if (this.#onMatch) for (const notice of told) this.#onMatch(notice);
      },
    };
  }

  /** Something was passed on unread. */
  passedOn(call: Call, what: Unreadable | 'stream'): void {
    call.runtime.events.emit(unread, UNIT, call, { what });
    if (this.#logged.has(what)) return;
    this.#logged.add(what);
    this.#logger.warn({ what }, `redact: ${WORDS[what]} passed on unread; this is told once`);
  }
}

const WORDS: Readonly<Record<Unreadable | 'stream', string>> = {
  image: 'images are',
  audio: 'sound is',
  file: 'the insides of files are',
  tokens: 'texts that come as tokens are',
  stream: 'streams pass the detectors, which see whole texts only: they are',
};
