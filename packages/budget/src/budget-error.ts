import { InterposeError } from '@interpose/core';
import { shown, type Unit } from './limit.ts';

/** What a {@link BudgetExceededError} is made of. */
export interface BudgetExceededOptions {
  /** The name of the limit. */
  limit: string;
  unit: Unit;
  /** All in nano-USD, tokens or calls. */
  cap: number;
  spent: number;
  held: number;
  asked: number;
  /** In milliseconds since the epoch; undefined where it does not start anew. */
  resetsAt?: number | undefined;
}

/** A call was not sent, because it could have cost more than a limit has left. */
export class BudgetExceededError extends InterposeError {
  override readonly name = 'BudgetExceededError';
  readonly limit: string;
  readonly unit: Unit;
  /** What the limit allows. This and the amounts below are in nano-USD, tokens or calls. */
  readonly cap: number;
  readonly spent: number;
  /** Held for calls that are under way. */
  readonly held: number;
  /** What this call could have come to. */
  readonly asked: number;
  /** When the limit starts anew; undefined where it does not. */
  readonly resetsAt?: Date;

  constructor({ limit, unit, cap, spent, held, asked, resetsAt }: BudgetExceededOptions) {
    const resets = resetsAt === undefined ? undefined : new Date(resetsAt);
    const books = `${shown(spent, unit)} spent, ${shown(held, unit)} held`;
    const state = spent + held > 0 ? ` (${books})` : '';
    const when = resets ? `; it starts anew at ${resets.toISOString()}` : '';
    super(
      `The limit "${limit}" of ${shown(cap, unit)} has not enough left${state} for a call of up to ${shown(asked, unit)}${when}`,
      { code: 'budget_exceeded', status: 429 },
    );
    this.limit = limit;
    this.unit = unit;
    this.cap = cap;
    this.spent = spent;
    this.held = held;
    this.asked = asked;
    if (resets) this.resetsAt = resets;
  }
}

/** A call was not sent, because nobody knows what its model costs, and a limit in US dollars applies to it. */
export class UnpricedModelError extends InterposeError {
  override readonly name = 'UnpricedModelError';
  readonly model: string;
  readonly limit: string;

  constructor(model: string, limit: string) {
    super(
      `No price is known for the model "${model}", and the limit "${limit}" is in USD: give its price ` +
        `(prices({ overrides })), or decide by unknownModel: 'estimate' | 'allow'`,
      { code: 'budget_unpriced_model', status: 400 },
    );
    this.model = model;
    this.limit = limit;
  }
}
