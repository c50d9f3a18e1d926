import type { Failure } from './failure.ts';
import type { Usage } from './operations/operation.ts';
import { addUsage } from './operations/usage.ts';

/**
 * How a reply ended.
 *
 * - `completed`: the provider said everything it meant to say, or as much as a unit wanted to hear (`stoppedBy`), and it
 *   was delivered.
 * - `truncated`: the stream ended without its terminal event.
 * - `failed`: an error status, an error event, a broken connection.
 * - `aborted`: the caller or an interceptor stopped it.
 * - `abandoned`: nobody read it to the end, and nobody can any more.
 */
export type OutcomeStatus = 'completed' | 'truncated' | 'failed' | 'aborted' | 'abandoned';

/** Tokens of a reply, and where the figures come from. */
export interface OutcomeUsage extends Usage {
  /** `estimated` where the provider reported none: about four characters to a token. */
  readonly source: 'reported' | 'estimated';
}

/** What several replies used together; estimated as soon as one of them was. Undefined of none. */
export function totalUsage(usages: readonly (OutcomeUsage | undefined)[]): OutcomeUsage | undefined {
  let total: OutcomeUsage | undefined;
  for (const usage of usages) {
    if (!usage) continue;
    if (!total) total = usage;
    else {
      const source = usage.source === 'reported' && total.source === 'reported' ? 'reported' : 'estimated';
      total = { ...addUsage(total, usage), source };
    }
  }
  return total;
}

/** What became of a reply. Every reply has exactly one. */
export interface Outcome {
  readonly status: OutcomeStatus;
  /** Undefined where nothing was generated, as after an error status. */
  readonly usage?: OutcomeUsage;
  /** One per choice or output, in order: `stop`, `length`, `tool_calls`, `content_filter`, ... */
  readonly finishReasons: readonly string[];
  readonly responseId?: string;
  /** The model that answered, as the provider names it. */
  readonly model?: string;
  readonly serviceTier?: string;
  /** The provider's name for the configuration that answered. */
  readonly systemFingerprint?: string;
  /** Milliseconds from sending to the first event with content. */
  readonly firstContentMs?: number;
  /** Milliseconds from sending to the end. */
  readonly totalMs: number;
  /** Characters of text that the model wrote, in all channels, as far as they arrived. */
  readonly outputCharacters: number;
  readonly failure?: Failure;
  /** The unit that had enough, and ended the reply before the provider did. What was received is whole in itself. */
  readonly stoppedBy?: string;
}
