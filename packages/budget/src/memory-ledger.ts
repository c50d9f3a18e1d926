import { systemClock, type Clock } from '@interpose/core';
import type {
  AccountState,
  Entry,
  Ledger,
  Posting,
  Reservation,
  ReserveResult,
  Settlement,
  SpendQuery,
  SpendRow,
} from './ledger.ts';
import { report } from './report.ts';

interface Account {
  spent: number;
  held: number;
  /** When it may be forgotten, by the monotonic clock. */
  until: number;
}

interface Held {
  readonly entries: readonly Entry[];
  /** When it lapses, by the monotonic clock. */
  lease: number;
  lapsed: boolean;
}

// How long what lapsed can still be corrected: longer than any call lives.
const CORRECTION_MS = 86_400_000;
// Between two looks for what may be forgotten.
const SWEEP_MS = 60_000;

/** Keeps the books in this process, for one layer or for several that share it. */
export function memoryLedger(clock: Clock = systemClock): Ledger {
  const accounts = new Map<string, Account>();
  const reservations = new Map<string, Held>();
  const postings = new Map<string, Posting>();
  /** The earliest moment at which something may lapse. */
  let nextLapse = Infinity;
  let nextSweep = clock.monotonic() + SWEEP_MS;

  function accountOf({ account, keepMs }: Entry, now: number): Account {
    let state = accounts.get(account);
    if (!state) {
      state = { spent: 0, held: 0, until: 0 };
      accounts.set(account, state);
    }
    state.until = Math.max(state.until, now + keepMs);
    return state;
  }

  /** What nobody renewed is taken for spent: its process is gone, and what the provider did is on the bill. */
  function lapse(now: number): void {
    if (now < nextLapse) return;
    nextLapse = Infinity;
    for (const held of reservations.values()) {
      if (held.lapsed) continue;
      if (held.lease > now) {
        nextLapse = Math.min(nextLapse, held.lease);
        continue;
      }
      held.lapsed = true;
      for (const entry of held.entries) {
        const account = accountOf(entry, now);
        account.held -= entry.amount;
        account.spent += entry.amount;
      }
    }
  }

  function sweep(now: number): void {
    if (now < nextSweep) return;
    nextSweep = now + SWEEP_MS;
    for (const [name, { until, held }] of accounts) if (until < now && held === 0) accounts.delete(name);
    for (const [id, { lapsed, lease }] of reservations) {
      if (lapsed && lease + CORRECTION_MS < now) reservations.delete(id);
    }
  }

  function stateOf(account: string): AccountState {
    const { spent, held } = accounts.get(account) ?? { spent: 0, held: 0 };
    return { account, spent, held };
  }

  function reserve({ id, leaseMs, entries }: Reservation): ReserveResult {
    const now = clock.monotonic();
    lapse(now);
    sweep(now);
    const at = clock.now();
    const states = (): AccountState[] => entries.map(({ account }) => stateOf(account));
    if (reservations.has(id)) return { accounts: states(), at };
    const over = entries.find(({ account, cap, amount }) => {
      const { spent, held } = stateOf(account);
      return spent + held + amount > cap;
    });
    if (over) return { exceeded: stateOf(over.account), accounts: states(), at };
    for (const entry of entries) accountOf(entry, now).held += entry.amount;
    const lease = now + leaseMs;
    reservations.set(id, { entries, lease, lapsed: false });
    nextLapse = Math.min(nextLapse, lease);
    return { accounts: states(), at };
  }

  function settle({ id, amounts, posting }: Settlement): AccountState[] {
    const now = clock.monotonic();
    lapse(now);
    const held = reservations.get(id);
    if (!held) return [];
    reservations.delete(id);
    for (const entry of held.entries) {
      const account = accounts.get(entry.account);
      // One that is forgotten has nothing left to be corrected.
      if (!account) continue;
      if (held.lapsed) account.spent -= entry.amount;
      else account.held -= entry.amount;
      if (Object.hasOwn(amounts, entry.account)) account.spent += amounts[entry.account] ?? 0;
    }
    if (posting) post(postings, posting);
    return held.entries.map(({ account }) => stateOf(account));
  }

  return {
    // A step of memory is over at once; that it is told by a promise is for those that are not.
    reserve: async (reservation) => reserve(reservation),
    settle: async (settlement) => settle(settlement),
    async renew(ids, leaseMs) {
      const now = clock.monotonic();
      lapse(now);
      for (const id of ids) {
        const held = reservations.get(id);
        if (held && !held.lapsed) held.lease = now + leaseMs;
      }
    },
    spend: async (query?: SpendQuery): Promise<SpendRow[]> => report([...postings.values()], query),
  };
}

/** Adds a posting to the line of its day, endpoint, tenant, user and model. */
function post(postings: Map<string, Posting>, posting: Posting): void {
  const { day, endpoint, tenant, user, model } = posting;
  const key = JSON.stringify([day, endpoint, tenant, user, model]);
  const before = postings.get(key);
  postings.set(key, {
    ...posting,
    calls: posting.calls + (before?.calls ?? 0),
    inputTokens: posting.inputTokens + (before?.inputTokens ?? 0),
    outputTokens: posting.outputTokens + (before?.outputTokens ?? 0),
    cost: posting.cost + (before?.cost ?? 0),
    unpriced: posting.unpriced + (before?.unpriced ?? 0),
  });
}
