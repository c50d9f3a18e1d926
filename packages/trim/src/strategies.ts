import type { Conversation } from '@interpose/core';
import type { History, Part, Unit, Weigh } from './history.ts';

/** What stands in the place of the output of a tool. */
export const CLEARED_OUTPUT = '[The output was left out to keep the conversation within its limit.]';

/** What a strategy works with. */
export interface Room {
  readonly history: History;
  readonly parts: readonly Part[];
  /** How many tokens there are too many. */
  readonly excess: number;
}

/** Takes whole exchanges out, the oldest first; then steps of the last one, the oldest first. */
export function oldestFirst({ history, parts, excess }: Room): readonly Part[] {
  return without(parts, history.units(parts), excess);
}

/** Takes out what is in the middle first, so that the beginning and the end stay the longest. */
export function middleOut({ history, parts, excess }: Room): readonly Part[] {
  const units = history.units(parts);
  const middle = (units.length - 1) / 2;
  const order = units
    .map((unit, index) => ({ unit, distance: Math.abs(index - middle) }))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ unit }) => unit);
  return without(parts, order, excess);
}

/** Puts a short text in the place of what tools gave back, the oldest first. Calls keep their results. */
export async function toolOutputsFirst(
  { history, parts, excess }: Room,
  conversation: Conversation,
  weigh: Weigh,
): Promise<readonly Part[]> {
  const cleared: Part[] = [];
  let left = excess;
  for (const part of parts) {
    const value =
      left > 0 && !history.stays(part) ? conversation.withOutput(part.value, CLEARED_OUTPUT) : part.value;
    const tokens = value === part.value ? part.tokens : await weigh([value]);
    if (tokens < part.tokens) {
      cleared.push({ ...part, value, tokens });
      left -= part.tokens - tokens;
    } else cleared.push(part);
  }
  return left === excess ? parts : cleared;
}

function without(parts: readonly Part[], order: readonly Unit[], excess: number): readonly Part[] {
  const gone = new Set<Part>();
  let left = excess;
  for (const unit of order) {
    if (left <= 0) break;
    for (const part of unit.parts) gone.add(part);
    left -= unit.tokens;
  }
  return gone.size === 0 ? parts : parts.filter((part) => !gone.has(part));
}
