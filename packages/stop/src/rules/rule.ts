import type { Call, Channel } from '@interpose/core';

/** What a text belongs to. */
interface Context {
  readonly call: Call;
  readonly channel: Channel;
}

/** Says where texts are to end. */
export interface Rule {
  /** For events and descriptions. */
  readonly name: string;
  /** Prepares to follow one text. */
  follow(context: Context): Follower;
}

/** Follows one text as it comes. */
export interface Follower {
  /** Takes in the next stretch; returns where the text is to end, counted from its beginning, once that is known. */
  next(stretch: string): number | undefined;
  /** How many of the last characters must not be handed on yet. */
  readonly held: number;
}
