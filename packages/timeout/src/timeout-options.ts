import { checkOptions, option, type Call, type Duration } from '@interpose/core';
import { span, tagged } from './spans.ts';
import type { Patience } from './watchdog.ts';

/** Options of `timeout`. */
export interface TimeoutOptions {
  /** One attempt from the sending to the end of its reply, pauses of its reader included. @default no limit */
  attempt?: Duration;
  /** Of a stream: from the sending to the provider's headers. @default no limit */
  headers?: Duration;
  /** Of a stream: from the sending to the first content, as long as somebody waits for it. @default no limit */
  firstContent?: Duration;
  /** Of a stream: from one content to the next, as long as somebody waits for it. @default no limit */
  betweenContent?: Duration;
}

/** How long each clock runs for a call, in milliseconds. */
export interface Limits extends Patience {
  readonly attemptMs: number;
  readonly headersMs: number;
}

/** The options of `timeout`, checked. */
export interface TimeoutSettings {
  /** The limits of a call: those of all, or what it says by its tags. */
  readonly of: (call: Call) => Limits;
  /** The settings as data. */
  readonly describe: () => Record<string, unknown>;
}

/**
 * Checks options.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function timeoutSettings(options: TimeoutOptions): TimeoutSettings {
  checkOptions('timeout', options, {
    attempt: option.any,
    headers: option.any,
    firstContent: option.any,
    betweenContent: option.any,
  });
  const { attempt, headers, firstContent, betweenContent } = options;
  const limits: Limits = {
    attemptMs: span(attempt, 'timeout', 'attempt'),
    headersMs: span(headers, 'timeout', 'headers'),
    firstContentMs: span(firstContent, 'timeout', 'firstContent'),
    betweenContentMs: span(betweenContent, 'timeout', 'betweenContent'),
  };
  return {
    of(call) {
      if (!TAGS.some((tag) => call.tags[tag] !== undefined)) return limits;
      const [ofAttempt, ofHeaders, ofFirst, ofBetween] = TAGS;
      return {
        attemptMs: tagged(call, ofAttempt, 'timeout', limits.attemptMs),
        headersMs: tagged(call, ofHeaders, 'timeout', limits.headersMs),
        firstContentMs: tagged(call, ofFirst, 'timeout', limits.firstContentMs),
        betweenContentMs: tagged(call, ofBetween, 'timeout', limits.betweenContentMs),
      };
    },
    describe: () => ({
      attempt: attempt ?? 'none',
      headers: headers ?? 'none',
      firstContent: firstContent ?? 'none',
      betweenContent: betweenContent ?? 'none',
    }),
  };
}

const TAGS = ['timeout', 'timeout-headers', 'timeout-first-content', 'timeout-between-content'] as const;
