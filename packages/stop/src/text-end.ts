import type { TextCut } from '@interpose/core';
import type { Follower } from './rules/rule.ts';

/** A rule that follows a text, by its name. */
export interface Following {
  readonly name: string;
  readonly follower: Follower;
}

/** Ends one text where the first of its rules says. */
export class TextEnd implements TextCut {
  readonly #following: readonly Following[];
  readonly #onEnd: (rule: string, characters: number) => void;
  /** What came and must not leave yet, and how much left before it. */
  #held = '';
  #left = 0;
  over = false;

  /** @param onEnd is told by which rule the text ends, and after how many characters. */
  constructor(following: readonly Following[], onEnd: (rule: string, characters: number) => void) {
    this.#following = following;
    this.#onEnd = onEnd;
  }

  push(text: string): string {
    let end = Infinity;
    let rule = '';
    let held = 0;
    for (const { name, follower } of this.#following) {
      const at = follower.next(text) ?? Infinity;
      if (at < end) {
        end = at;
        rule = name;
      }
      held = Math.max(held, follower.held);
    }
    const all = this.#held + text;
    if (end < Infinity) {
      this.over = true;
      this.#onEnd(rule, end);
      return all.slice(0, end - this.#left);
    }
    this.#held = all.slice(all.length - held);
    this.#left += all.length - held;
    return all.slice(0, all.length - held);
  }

  end(): string {
    return this.#held;
  }
}
