import { createHash } from 'node:crypto';
import {
  abortable,
  deadline,
  faulted,
  within,
  type Call,
  type Clock,
  type Conversation,
  type Handler,
} from '@interpose/core';
import { valuesOf, type History, type Part, type Unit, type Weigh } from './history.ts';
import { Memo } from './memo.ts';
import { askForSummary, transcriptOf } from './summary-request.ts';
import type { SummariseSettings } from './trim-options.ts';

/** What begins a summary in a conversation. It is said by the user: what others said is never promoted to instructions. */
export const SUMMARY_HEADING = '[Summary of the conversation so far]';

// Summaries go down to this part of the limit, so that the next turns need no other one.
const AIM = 0.7;
// A conversation whose summary failed is not summarised again for so long.
const REST_MS = 60_000;

/** What is to be summarised, and with what. */
export interface SummaryJob {
  readonly call: Call;
  readonly next: Handler;
  readonly history: History;
  readonly parts: readonly Part[];
  /** What the parts come to, with all around them, and what they may come to. */
  readonly tokens: number;
  readonly limit: number;
  readonly weigh: Weigh;
}

/** Parts with a summary in the place of some of them. */
export interface Summarised {
  readonly parts: readonly Part[];
  /** How many entries it stands for. */
  readonly entries: number;
}

/** Puts summaries in the place of the oldest parts of conversations, and remembers them. */
export class Summariser {
  readonly #settings: SummariseSettings;
  readonly #clock: Clock;
  readonly #memo: Memo<string>;
  /** When a conversation may be summarised again, by what it begins with. */
  readonly #resting: Memo<number>;
  /** Summaries that are under way, and for whom. */
  readonly #asking = new Map<string, { readonly text: Promise<string>; readonly signal: AbortSignal }>();

  constructor(settings: SummariseSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#memo = new Memo(settings.maxEntries);
    this.#resting = new Memo(settings.maxEntries);
  }

  /**
   * The parts with the oldest of them summarised; undefined where that is of no use, or fails.
   *
   * @throws the signal's reason when the call is aborted.
   */
  async summarised(job: SummaryJob): Promise<Summarised | undefined> {
    const { call, history, parts, tokens, limit } = job;
    const units = history.units(parts);
    const keys = keysOf(call, units);
    const known = await this.#known(job, units, keys);
    if (known) return known;
    const most = this.#settings.maxOutputTokens;
    const count = prefixFor(units, tokens + most - Math.floor(limit * AIM), tokens + most - limit);
    const [conversation] = keys;
    const last = keys[count - 1];
    // One that is known, and was of no use, is not asked for again.
    if (conversation === undefined || last === undefined || this.#memo.get(last) !== undefined)
      return undefined;
    if (this.#rests(conversation)) return undefined;
    try {
      const text = await this.#summary(job, units.slice(0, count), keys.slice(0, count));
      return await replaced(job, units.slice(0, count), text);
    } catch (error) {
      if (call.signal.aborted) throw error;
      this.#resting.set(conversation, this.#clock.monotonic() + REST_MS);
      call.runtime.events.emit(faulted, 'trim', call, { error, open: true });
      return undefined;
    }
  }

  #rests(conversation: string): boolean {
    return (this.#resting.get(conversation) ?? -Infinity) > this.#clock.monotonic();
  }

  /** A summary that is known, of as little as will do. */
  async #known(
    job: SummaryJob,
    units: readonly Unit[],
    keys: readonly string[],
  ): Promise<Summarised | undefined> {
    for (const [index, key] of keys.entries()) {
      const text = this.#memo.get(key);
      const result = text === undefined ? undefined : await replaced(job, units.slice(0, index + 1), text);
      if (result && job.tokens - saved(job.parts, result.parts) <= job.limit) return result;
    }
    return undefined;
  }

  /** A summary of units; of the same units, only one call is under way. */
  async #summary(job: SummaryJob, units: readonly Unit[], keys: readonly string[]): Promise<string> {
    const { signal } = job.call;
    const key = keys.at(-1) as string;
    for (let shared = this.#asking.get(key); shared; shared = this.#asking.get(key)) {
      try {
        return await abortable(shared.text, signal);
      } catch (error) {
        // The caller for whom it was asked left; then another one asks.
        if (signal.aborted || !shared.signal.aborted) throw error;
      }
    }
    const asking = { text: this.#ask(job, units, keys), signal };
    this.#asking.set(key, asking);
    try {
      const text = await asking.text;
      this.#memo.set(key, text);
      return text;
    } finally {
      this.#asking.delete(key);
    }
  }

  #ask({ call, next }: SummaryJob, units: readonly Unit[], keys: readonly string[]): Promise<string> {
    const before = keys.findLastIndex((key) => this.#memo.get(key) !== undefined);
    const values = units.slice(before + 1).flatMap(({ parts }) => valuesOf(parts));
    const known = before === -1 ? undefined : this.#memo.get(keys[before] as string);
    const transcript = transcriptOf(call, values, known);
    // The call itself is to have as much of the time that is left for both.
    const left = call.get(deadline) - this.#clock.monotonic();
    const ms = Math.min(this.#settings.timeoutMs, left / 2);
    const late = (): Error => new DOMException(`No summary within ${ms} ms`, 'TimeoutError');
    return within({ clock: this.#clock, ms, late, signal: call.signal }, (either) =>
      // Not everything beneath listens to its signal.
      abortable(askForSummary(call.with({ signal: either }), transcript, this.#settings, next), call.signal),
    );
  }
}

/** How many units from the first on have to go to save so much; if they cannot, all, where that saves the least that has to be. */
function prefixFor(units: readonly Unit[], wanted: number, needed: number): number {
  let sum = 0;
  for (const [index, { tokens }] of units.entries()) {
    sum += tokens;
    if (sum >= wanted) return index + 1;
  }
  return sum >= needed ? units.length : 0;
}

/** A key for each beginning of what may be summarised: of the tenant, and of everything up to there. */
function keysOf({ tags, operation }: Call, units: readonly Unit[]): readonly string[] {
  let key = `${operation.name} ${tags.tenant ?? ''}`;
  return units.map(({ parts }) => {
    const said = JSON.stringify(parts.map(({ entry }) => entry.value));
    key = createHash('sha256').update(key).update(said).digest('base64');
    return key;
  });
}

/** Puts a summary where the first of the units stood. */
async function replaced(
  { call, parts, weigh }: SummaryJob,
  units: readonly Unit[],
  text: string,
): Promise<Summarised> {
  const conversation = call.operation.conversation as Conversation;
  const gone = new Set(units.flatMap((unit) => unit.parts));
  const value = conversation.say('user', `${SUMMARY_HEADING}\n${text}`);
  const first = parts.findIndex((part) => gone.has(part));
  const { entry } = parts[first] as Part;
  const summary: Part = { entry: { ...entry, value, speaker: 'user' }, value, tokens: await weigh([value]) };
  const left = parts.flatMap((part, index) => (index === first ? [summary] : gone.has(part) ? [] : [part]));
  return { parts: left, entries: gone.size };
}

/** How many tokens less these parts come to. */
function saved(before: readonly Part[], after: readonly Part[]): number {
  return sum(before) - sum(after);
}

function sum(parts: readonly Part[]): number {
  return parts.reduce((total, { tokens }) => total + tokens, 0);
}
