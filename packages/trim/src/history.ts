import type { Call, Entry } from '@interpose/core';

/** One entry of a conversation on its way through the strategies. */
export interface Part {
  readonly entry: Entry;
  /** As it is to be sent. */
  readonly value: unknown;
  /** What it weighs in the conversation. */
  readonly tokens: number;
}

/** What may be taken out, all of it or nothing: a turn of the user with all that answers it, or a step of the last one. */
export interface Unit {
  readonly parts: readonly Part[];
  readonly tokens: number;
}

/** Says that an entry is to stay. */
export type Keep = (args: {
  readonly call: Call;
  /** The message, or the item, as it stands in the params. */
  readonly message: unknown;
  readonly speaker: Entry['speaker'];
  /** Its place in the conversation, from 0. */
  readonly index: number;
}) => boolean;

/** A conversation, and which of its groups have to stay. */
export class History {
  readonly #fixed: ReadonlySet<number>;
  /** The number of the exchange to which each group belongs; groups of the last one are dropped one by one. */
  readonly #exchangeOf: ReadonlyMap<number, string>;

  constructor(call: Call, entries: readonly Entry[], keep: Keep | undefined) {
    const lastUser = entries.findLastIndex(({ speaker }) => speaker === 'user');
    this.#fixed = fixedGroups(call, entries, lastUser, keep);
    this.#exchangeOf = exchanges(entries, lastUser);
  }

  /** Whether a part has to stay as it is. */
  stays({ entry: { group } }: Part): boolean {
    return this.#fixed.has(group);
  }

  /** What of these parts may be taken out, the oldest first. */
  units(parts: readonly Part[]): readonly Unit[] {
    const units = new Map<string, { parts: Part[]; tokens: number }>();
    for (const part of parts) {
      if (this.stays(part)) continue;
      const exchange = this.#exchangeOf.get(part.entry.group) ?? '';
      const unit = units.get(exchange) ?? { parts: [], tokens: 0 };
      unit.parts.push(part);
      unit.tokens += part.tokens;
      units.set(exchange, unit);
    }
    return [...units.values()];
  }
}

/** Whoever instructs, whatever is not understood, the user's last turn, the last step, and what is pinned. */
function fixedGroups(
  call: Call,
  entries: readonly Entry[],
  lastUser: number,
  keep: Keep | undefined,
): ReadonlySet<number> {
  const fixed = new Set<number>();
  for (const [index, { speaker, group, value: message }] of entries.entries()) {
    const instructs = speaker === 'system' || speaker === 'developer';
    if (instructs || speaker === undefined || keep?.({ call, message, speaker, index })) fixed.add(group);
  }
  for (let index = lastUser; entries[index]?.speaker === 'user'; index--) {
    fixed.add((entries[index] as Entry).group);
  }
  // Without it a model that works with tools would begin its last step anew.
  const last = entries.at(-1);
  if (last) fixed.add(last.group);
  return fixed;
}

function exchanges(entries: readonly Entry[], lastUser: number): ReadonlyMap<number, string> {
  const exchangeOf = new Map<number, string>();
  let exchange = 0;
  for (const [index, { speaker, group }] of entries.entries()) {
    if (speaker === 'user' && entries[index - 1]?.speaker !== 'user') exchange++;
    if (!exchangeOf.has(group)) exchangeOf.set(group, index > lastUser ? `step ${group}` : `${exchange}`);
  }
  return exchangeOf;
}

/** The values of parts, for the conversation of a request. */
export function valuesOf(parts: readonly Part[]): readonly unknown[] {
  return parts.map(({ value }) => value);
}

/** Weighs values by counting the input of a call that holds nothing else. */
export type Weigh = (values: readonly unknown[]) => Promise<number>;

/** Makes parts of entries. */
export async function partsOf(entries: readonly Entry[], weigh: Weigh): Promise<readonly Part[]> {
  const parts: Part[] = [];
  for (const entry of entries) {
    const { value } = entry;
    parts.push({ entry, value, tokens: await weigh([value]) });
  }
  return parts;
}
