/** What the provider gave for one request, and would put on the bill. */
export interface LedgerEntry {
  /** The `id` of the recorded request. */
  readonly requestId: string;
  readonly model: string;
  /** `chat`, `responses`, `embeddings`, `completions`, `moderations`, `images`, `speech`, `transcriptions`. */
  readonly operation: string;
  readonly inputTokens: number;
  /** Tokens sent so far. A stream that was cut or left counts what had gone out. */
  readonly outputTokens: number;
  /** Whether all of the answer was sent. */
  readonly completed: boolean;
}

/** Sums over the entries of a ledger. */
export interface LedgerTotals {
  readonly requests: number;
  readonly completed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** The provider's own account of what it served. Errors cost nothing and have no entry. */
export interface ProviderLedger {
  readonly entries: readonly LedgerEntry[];
  /** Adds up all entries. */
  totals(): LedgerTotals;
}

/** An entry while its answer is being written. */
export type OpenEntry = { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] };

/** Adds up ledger entries. */
export function totalsOf(entries: readonly LedgerEntry[]): LedgerTotals {
  return {
    requests: entries.length,
    completed: entries.filter((entry) => entry.completed).length,
    inputTokens: entries.reduce((sum, entry) => sum + entry.inputTokens, 0),
    outputTokens: entries.reduce((sum, entry) => sum + entry.outputTokens, 0),
  };
}
