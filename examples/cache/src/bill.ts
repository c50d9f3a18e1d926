import type { CacheState } from '@interpose/cache';
import type { Money } from '@interpose/core';

interface Line {
  readonly states: Partial<Record<CacheState, number>>;
  paid: Money;
  saved: Money;
}

/** What was paid and what was saved, by endpoint. */
export class Bill {
  readonly #lines = new Map<string, Line>();

  looked(endpoint: string, state: CacheState): void {
    const { states } = this.#line(endpoint);
    states[state] = (states[state] ?? 0) + 1;
  }

  answered(endpoint: string, source: string, cost: Money | null): void {
    const line = this.#line(endpoint);
    if (source === 'cache') line.saved += cost ?? 0;
    else line.paid += cost ?? 0;
  }

  toString(): string {
    const rows = [...this.#lines].map(([endpoint, { states, paid, saved }]) => [
      endpoint,
      String(states.miss ?? 0),
      String(states.hit ?? 0),
      String(states.coalesced ?? 0),
      usd(paid),
      usd(saved),
    ]);
    const all = [['endpoint', 'asked', 'hits', 'shared', 'paid', 'saved'], ...rows];
    return all
      .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(10) : cell.padStart(12))).join(''))
      .join('\n')
      .concat('\n');
  }

  #line(endpoint: string): Line {
    const line = this.#lines.get(endpoint) ?? { states: {}, paid: 0, saved: 0 };
    this.#lines.set(endpoint, line);
    return line;
  }
}

/** A whole number of nano-USD, as USD. */
function usd(amount: Money): string {
  return `$${(amount / 1e9).toFixed(6)}`;
}
