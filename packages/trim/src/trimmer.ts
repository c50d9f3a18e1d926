import {
  abortable,
  eventType,
  type Call,
  type Clock,
  type Conversation,
  type EventType,
  type Handler,
  type TokenCounter,
} from '@interpose/core';
import { History, partsOf, valuesOf, type Part, type Weigh } from './history.ts';
import { middleOut, oldestFirst, toolOutputsFirst } from './strategies.ts';
import { Summariser } from './summariser.ts';
import { TrimError } from './trim-error.ts';
import type { Strategy, TrimSettings } from './trim-options.ts';

/** What was done to a conversation. */
export interface Trimming {
  /** What the call came to, what it comes to now, and what it may come to, in tokens. */
  readonly before: number;
  readonly after: number;
  readonly maxInputTokens: number;
  /** Messages, or items, that were taken out. */
  readonly dropped: number;
  /** Outputs of tools in whose place there is a short text. */
  readonly cleared: number;
  /** Messages, or items, in whose place there is a summary. */
  readonly summarised: number;
  /** The strategies that did it, joined by dots. */
  readonly strategy: string;
}

/** A conversation was made shorter. */
export const trimmed: EventType<Trimming> = eventType('trim.trimmed');

/** A call as it may be sent, and what was done to it. */
export interface Trimmed {
  readonly call: Call;
  readonly trimming: Trimming;
}

// A count of the whole may differ from that of its parts: then more goes. The last round takes out all that may be.
const MAX_ROUNDS = 20;

/** A conversation in work. */
interface State {
  readonly parts: readonly Part[];
  /** What a call with these parts comes to, by the counter. */
  readonly tokens: number;
  readonly summarised: number;
  readonly used: readonly Strategy[];
}

/** Makes the conversations of one layer fit. */
export class Trimmer {
  readonly #settings: TrimSettings;
  readonly #counter: TokenCounter;
  readonly #summariser: Summariser | undefined;

  constructor(settings: TrimSettings, counter: TokenCounter, clock: Clock) {
    this.#settings = settings;
    this.#counter = counter;
    this.#summariser = settings.summarise && new Summariser(settings.summarise, clock);
  }

  /**
   * The call with no more tokens than there may be; undefined where it can go as it is.
   *
   * @throws {TrimError} where what has to stay is too long, unless such calls are to pass.
   */
  async fit(call: Call, limit: number, next: Handler): Promise<Trimmed | undefined> {
    const conversation = call.operation.conversation as Conversation;
    const entries = conversation.entries(call.params);
    const history = new History(call, entries, this.#settings.keep);
    const weigh = await this.#weigher(call, conversation);
    const parts = await partsOf(entries, weigh);
    // Once its parts were counted, a counter may know the whole better.
    const before = await this.#count(call);
    if (before <= limit) return undefined;

    let state: State = { parts, tokens: before, summarised: 0, used: [] };
    // Nothing is paid for a summary where nothing would do.
    const least = { history, parts, excess: Infinity };
    const kept = await this.#count(withParts(call, conversation, oldestFirst(least)));
    if (kept > limit) {
      if (this.#settings.onOverflow === 'pass') return undefined;
      throw new TrimError({ maxInputTokens: limit, inputTokens: before, keptTokens: kept });
    }
    for (const strategy of this.#settings.strategies) {
      call.signal.throwIfAborted();
      if (state.tokens <= limit) break;
      state = await this.#shorter(strategy, state, { call, conversation, history, weigh, limit, next });
    }
    const trimming = trimmingOf(parts, state, before, limit);
    return { call: withParts(call, conversation, state.parts), trimming };
  }

  async #shorter(strategy: Strategy, start: State, job: Job): Promise<State> {
    if (strategy === 'summarise') return this.#summarised(start, job);
    const { call, conversation, history, weigh, limit } = job;
    let state = start;
    for (let round = 1; state.tokens > limit && round <= MAX_ROUNDS; round++) {
      const excess = round === MAX_ROUNDS ? Infinity : state.tokens - limit;
      const room = { history, parts: state.parts, excess };
      const parts =
        strategy === 'tool-outputs-first'
          ? await toolOutputsFirst(room, conversation, weigh)
          : strategy === 'middle-out'
            ? middleOut(room)
            : oldestFirst(room);
      if (parts === state.parts) break;
      const tokens = await this.#count(withParts(call, conversation, parts));
      state = { ...state, parts, tokens, used: [...new Set([...state.used, strategy])] };
    }
    return state;
  }

  async #summarised(state: State, { call, conversation, history, weigh, limit, next }: Job): Promise<State> {
    const { parts, tokens } = state;
    const result = await this.#summariser?.summarised({ call, next, history, parts, tokens, limit, weigh });
    if (!result) return state;
    const after = await this.#count(withParts(call, conversation, result.parts));
    // One that is longer than what it stands for helps nobody; what was said stays, and the next strategy has its turn.
    if (after > limit) return state;
    const used = [...state.used, 'summarise' as const];
    return { parts: result.parts, tokens: after, summarised: result.entries, used };
  }

  #count(call: Call): number | Promise<number> {
    const counted = this.#counter.input(call);
    return typeof counted === 'number' ? counted : abortable(counted, call.signal);
  }

  /** Counts entries by themselves: with the model of the call, and without all that is around them. */
  async #weigher(call: Call, conversation: Conversation): Promise<Weigh> {
    const { model } = call.params;
    const holding = (values: readonly unknown[]): Call =>
      call.with({ params: conversation.withEntries({ model }, values) });
    const empty = await this.#count(holding([]));
    return async (values) => Math.max(0, (await this.#count(holding(values))) - empty);
  }
}

/** What a strategy is applied to. */
interface Job {
  readonly call: Call;
  readonly conversation: Conversation;
  readonly history: History;
  readonly weigh: Weigh;
  readonly limit: number;
  readonly next: Handler;
}

function withParts(call: Call, conversation: Conversation, parts: readonly Part[]): Call {
  return call.with({ params: conversation.withEntries(call.params, valuesOf(parts)) });
}

function trimmingOf(
  parts: readonly Part[],
  { parts: left, tokens, summarised, used }: State,
  before: number,
  limit: number,
): Trimming {
  const summaries = summarised > 0 ? 1 : 0;
  const originals = new Set(parts.map(({ value }) => value));
  const changed = left.filter(({ value }) => !originals.has(value)).length;
  return {
    before,
    after: tokens,
    maxInputTokens: limit,
    dropped: parts.length - (left.length - summaries) - summarised,
    cleared: changed - summaries,
    summarised,
    strategy: used.join('.'),
  };
}
