import { Climb } from './climb.ts';
import type { RateHeaders, Remaining } from './rate-headers.ts';

/** A limit of the provider's, as its headers told it: a balance that refills steadily. */
interface Refill {
  /** When the balance was at 0, or will be, by the monotonic clock. */
  zeroAt: number;
  /** In which one unit comes back, in milliseconds. */
  readonly unitMs: number;
  /** From then on it is full, and what is known of it is out of date. */
  readonly until: number;
}

/** How fast the provider lets calls of one key go: by its headers, by what it asks for, or by trial. */
export class Pace {
  readonly #climb = new Climb();
  #pausedUntil = -Infinity;
  /** The earliest moment of the next call, as far as the climb goes. */
  #nextAt = -Infinity;
  #requests: Refill | undefined;
  #tokens: Refill | undefined;

  /**
   * How long a call has to wait, in milliseconds.
   *
   * @param tokens what it is going to use, and all that go before it.
   * @param requests itself, and all that go before it.
   */
  waitMs(now: number, tokens: number, requests = 1): number {
    const at = Math.max(
      this.#pausedUntil,
      this.#nextAt + (requests - 1) * this.#climb.gapMs(now),
      enoughAt(this.#requests, requests, now),
      enoughAt(this.#tokens, tokens, now),
    );
    return Math.max(0, Math.ceil(at - now));
  }

  /** A call goes. */
  sent(now: number, tokens: number): void {
    const gapMs = this.#climb.gapMs(now);
    // A timer that is late must not slow the rate down: what is late comes off the next gap.
    this.#nextAt = gapMs === 0 ? -Infinity : Math.max(this.#nextAt + gapMs, now);
    if (this.#requests) this.#requests.zeroAt += this.#requests.unitMs;
    if (this.#tokens) this.#tokens.zeroAt += this.#tokens.unitMs * tokens;
  }

  /**
   * Learns from an answer.
   *
   * @param pending calls that were sent and have no answer yet: the provider may not have counted them.
   */
  answered(now: number, headers: RateHeaders, pending: number): void {
    if (headers.requests) this.#requests = refillOf(headers.requests, now, pending);
    if (headers.tokens) this.#tokens = refillOf(headers.tokens, now, 0);
  }

  /** A call succeeded. */
  succeeded(now: number): void {
    this.#climb.succeeded(now);
  }

  /** A call was refused for its rate. Where the provider tells its limits, these say enough. */
  refused(now: number, { retryAfterMs = 0, requests, tokens }: RateHeaders): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + retryAfterMs);
    if (!requests && !tokens) this.#climb.refused(now);
  }

  /** Whether there is nothing to remember. */
  isIdle(now: number): boolean {
    const pending = [this.#requests, this.#tokens].some((refill) => refill && refill.until > now);
    return !pending && this.#pausedUntil <= now && this.#climb.gapMs(now) === 0;
  }
}

/**
 * The balance comes back evenly until the reset. A provider that gives it back all at once then is asked too early when
 * nothing is left; it says so with a 429 and when to come back, and that is obeyed.
 */
function refillOf(
  { remaining, limit = remaining + 1, resetMs }: Remaining,
  now: number,
  pending: number,
): Refill {
  const unitMs = resetMs / Math.max(1, limit - remaining);
  return { zeroAt: now - (remaining - pending) * unitMs, unitMs, until: now + resetMs };
}

function enoughAt(refill: Refill | undefined, amount: number, now: number): number {
  if (!refill || refill.until <= now) return -Infinity;
  // A full balance is all that there ever is.
  return Math.min(refill.zeroAt + amount * refill.unitMs, refill.until);
}
