/** Content that keeps to a limit, and whether something of it had to go. */
export interface Fitted {
  readonly items: readonly unknown[];
  readonly cut: boolean;
}

/**
 * Makes a list fit into a number of characters of JSON. The last items stay whole as long as there is room, since the
 * end of a conversation says most; of the next one the texts are cut short; those before it go. What stays has the
 * shape that it had.
 */
export function fitted(items: readonly unknown[], limit: number): Fitted {
  const kept: unknown[] = [];
  // The brackets of the list; each item has a comma.
  let room = limit - 2;
  for (const item of items.toReversed()) {
    const size = sizeOf(item) + 1;
    if (size > room) {
      const shortened = shortenedTo(item, room - 1);
      if (shortened !== undefined) kept.unshift(shortened);
      return { items: kept, cut: true };
    }
    kept.unshift(item);
    room -= size;
  }
  return { items: kept, cut: false };
}

/** A copy whose texts are cut so that it fits; undefined where its bare shape is too large already. */
function shortenedTo(item: unknown, limit: number): unknown {
  for (let room = limit; room >= 16; room = Math.floor(room / 2)) {
    const copy = cutTexts(item, { left: room });
    if (sizeOf(copy) <= limit) return copy;
  }
  return undefined;
}

function cutTexts(value: unknown, room: { left: number }): unknown {
  if (typeof value === 'string') {
    const taken = value.slice(0, Math.max(0, room.left));
    room.left -= taken.length;
    return taken === value ? value : `${whole(taken)}... [${value.length - taken.length} more characters]`;
  }
  if (Array.isArray(value)) return value.map((each) => cutTexts(each, room));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, cutTexts(each, room)]));
}

/** Half a character is no text. */
function whole(cut: string): string {
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value)?.length ?? 0;
}
