import type { Clock } from './clock.ts';
import type { Failure } from './failure.ts';
import type { Inspection, Usage } from './operations/operation.ts';
import { totalUsage, type Outcome, type OutcomeStatus, type OutcomeUsage } from './outcome.ts';

// OpenAI's rule of thumb for English text; only used where the provider reported nothing.
const CHARACTERS_PER_TOKEN = 4;

/** Gathers what a reply says of itself and settles its outcome exactly once. */
export class Settlement {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #inputCharacters: () => number;
  readonly #spent: OutcomeUsage | undefined;
  readonly #whenSettled: (() => void)[] = [];
  readonly #finishReasons: string[] = [];
  #usage: Usage | undefined;
  #responseId: string | undefined;
  #model: string | undefined;
  #serviceTier: string | undefined;
  #systemFingerprint: string | undefined;
  #firstContentMs: number | undefined;
  #billed = false;
  #stoppedBy: string | undefined;
  #outcome: Outcome | undefined;
  #promise: Promise<Outcome> | undefined;
  #resolve: ((outcome: Outcome) => void) | undefined;
  /** Characters of text that arrived, in all channels. */
  outputCharacters = 0;

  /**
   * @param startedAt when the request was sent, by the monotonic clock.
   * @param spent what was used before, to come to this reply.
   */
  constructor(clock: Clock, startedAt: number, inputCharacters: () => number, spent?: OutcomeUsage) {
    this.#clock = clock;
    this.#startedAt = startedAt;
    this.#inputCharacters = inputCharacters;
    this.#spent = spent;
  }

  /** Whether somebody asked for the outcome, so that it has to be found out. */
  get watched(): boolean {
    return this.#promise !== undefined;
  }

  get settled(): boolean {
    return this.#outcome !== undefined;
  }

  get promise(): Promise<Outcome> {
    this.#promise ??= this.#outcome
      ? Promise.resolve(this.#outcome)
      : new Promise((resolve) => {
          this.#resolve = resolve;
        });
    return this.#promise;
  }

  /** Calls `release` when the outcome settles; at once when it has. */
  onSettled(release: () => void): void {
    if (this.#outcome) release();
    else this.#whenSettled.push(release);
  }

  /** The provider did its work, though what came of it could not be read: it will be on the bill. */
  markBilled(): void {
    this.#billed = true;
  }

  /** A unit ended the reply before the provider did: what it says, and was heard by nobody, is made up for here. */
  markStopped(unit: string, finishReasons: readonly string[]): void {
    this.#stoppedBy = unit;
    this.#finishReasons.push(...finishReasons);
  }

  /** What the reply used so far: reported, or estimated by what came. */
  get usage(): OutcomeUsage {
    if (this.#usage) return { ...this.#usage, source: 'reported' };
    const inputTokens = Math.ceil(this.#inputCharacters() / CHARACTERS_PER_TOKEN);
    const outputTokens = Math.ceil(this.outputCharacters / CHARACTERS_PER_TOKEN);
    return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, source: 'estimated' };
  }

  /** Takes in what an event or a body says. */
  observe(inspection: Inspection): void {
    if (inspection.content && this.#firstContentMs === undefined) {
      this.#firstContentMs = this.#clock.monotonic() - this.#startedAt;
    }
    for (const piece of inspection.pieces) this.outputCharacters += piece.text.length;
    if (inspection.finishReasons) this.#finishReasons.push(...inspection.finishReasons);
    this.#usage = inspection.usage ?? this.#usage;
    this.#responseId ??= inspection.id;
    this.#model = inspection.model ?? this.#model;
    this.#serviceTier = inspection.serviceTier ?? this.#serviceTier;
    this.#systemFingerprint = inspection.systemFingerprint ?? this.#systemFingerprint;
  }

  /** Settles. Only the first call counts: whatever ends a reply first is how it ended. */
  settle(status: OutcomeStatus, failure?: Failure): void {
    if (this.#outcome) return;
    const usage = this.#spent ? totalUsage([this.#spent, this.#usageOf(status)]) : this.#usageOf(status);
    this.#outcome = {
      status,
      finishReasons: this.#finishReasons,
      totalMs: this.#clock.monotonic() - this.#startedAt,
      outputCharacters: this.outputCharacters,
      ...(usage && { usage }),
      ...(this.#responseId !== undefined && { responseId: this.#responseId }),
      ...(this.#model !== undefined && { model: this.#model }),
      ...(this.#serviceTier !== undefined && { serviceTier: this.#serviceTier }),
      ...(this.#systemFingerprint !== undefined && { systemFingerprint: this.#systemFingerprint }),
      ...(this.#firstContentMs !== undefined && { firstContentMs: this.#firstContentMs }),
      ...(failure && { failure }),
      ...(this.#stoppedBy !== undefined && { stoppedBy: this.#stoppedBy }),
    };
    this.#resolve?.(this.#outcome);
    for (const release of this.#whenSettled) release();
  }

  #usageOf(status: OutcomeStatus): OutcomeUsage | undefined {
    // An error before any content was not billed; from the first content on, input and output were.
    const unbilled = status === 'failed' && this.#firstContentMs === undefined && !this.#billed;
    return unbilled && !this.#usage ? undefined : this.usage;
  }
}
