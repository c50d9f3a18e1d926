import { abortable, within, type Clock } from '@interpose/core';
import type { Action } from './actions.ts';
import type { Allows } from './scan/compiled-rule.ts';
import type { Candidate } from './scan/found.ts';

/** Something that a detector found in a text. */
export interface DetectedSpan {
  /** The first UTF-16 unit of it, from 0. */
  readonly start: number;
  /** The first unit after it. */
  readonly end: number;
  /** One of the detector's kinds. @default the first of them */
  readonly kind?: string;
}

/** What a detector is told besides the text. */
export interface DetectorContext {
  /** Aborts when the caller gives up, and when the time is over. */
  readonly signal: AbortSignal;
}

/** Finds by other means than rules: a model, a service, a list of names. Sees whole texts only. */
export interface Detector {
  /** In kebab-case, and of no rule. */
  readonly id: string;
  /** What may stand in the place of a span: `NAME` gives `[NAME]`. */
  readonly kinds: readonly string[];
  /** Wins over others of equal length. @default 0 */
  readonly priority?: number;
  detect(text: string, context: DetectorContext): readonly DetectedSpan[] | Promise<readonly DetectedSpan[]>;
}

/** Asks all detectors of a unit. */
export class Detection {
  readonly #detectors: readonly Detector[];
  readonly #actionOf: (id: string) => Action;
  readonly #allows: Allows;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(
    detectors: readonly Detector[],
    actionOf: (id: string) => Action,
    allows: Allows,
    clock: Clock,
    timeoutMs: number,
  ) {
    this.#detectors = detectors.filter(({ id }) => actionOf(id) !== 'off');
    this.#actionOf = actionOf;
    this.#allows = allows;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether there is nobody to ask. */
  get idle(): boolean {
    return this.#detectors.length === 0;
  }

  /**
   * What is found in each of the texts, by its start.
   *
   * @throws whatever a detector throws; a `TimeoutError` when one takes too long; the signal's reason when it aborts.
   */
  async find(
    texts: Iterable<string>,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly Candidate[]>> {
    const limit = { clock: this.#clock, ms: this.#timeoutMs, late: () => this.#late(), signal };
    const found = await within(limit, (either) => {
      const asked = [...new Set(texts)].map(async (text) => {
        const all = await Promise.all(this.#detectors.map((detector) => this.#ask(detector, text, either)));
        return [text, all.flat().toSorted((a, b) => a.start - b.start)] as const;
      });
      // Not every detector listens to its signal.
      return abortable(Promise.all(asked), signal);
    });
    return new Map(found);
  }

  #late(): Error {
    return new DOMException(`A detector took longer than ${this.#timeoutMs} ms`, 'TimeoutError');
  }

  async #ask(detector: Detector, text: string, signal: AbortSignal): Promise<Candidate[]> {
    const { id, kinds, priority = 0 } = detector;
    const told = this.#actionOf(id) === 'report';
    // After all rules.
    const rank = Number.MAX_SAFE_INTEGER;
    const candidates: Candidate[] = [];
    for (const { start, end, kind = kinds[0] } of await detector.detect(text, { signal })) {
      const inText = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end <= text.length;
      if (!inText || start >= end || kind === undefined || !kinds.includes(kind)) {
        throw new TypeError(
          `The detector ${id} found something that is no span of the text, or not of its kinds`,
        );
      }
      if (this.#allows(text.slice(start, end))) continue;
      candidates.push({
        source: { id, kind },
        priority,
        rank,
        from: start,
        start,
        end,
        ...(told && { told }),
      });
    }
    return candidates;
  }
}
