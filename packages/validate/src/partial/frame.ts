import type { Way } from './way.ts';

/** An object or a list that is not ended yet. */
export interface Frame {
  readonly object: boolean;
  ways: readonly Way[];
  /** Of an object. */
  readonly keys: Set<string>;
  /** The key of the value that comes, or its index. */
  at: string | number;
  /** How many items have begun. */
  items: number;
}

const NO_KEYS = new Set<string>();

export function newFrame(object: boolean, ways: readonly Way[]): Frame {
  return { object, ways, keys: object ? new Set() : NO_KEYS, at: object ? '' : 0, items: 0 };
}
