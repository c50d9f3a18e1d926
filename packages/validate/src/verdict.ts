import type { Evaluation } from '@interpose/core';
import type { Choice } from './answers.ts';
import type { Violation } from './violation.ts';

/** What came of one question that was asked of an answer. */
export type Finding = Pick<Evaluation, 'name' | 'verdict' | 'severity' | 'score' | 'explanation'>;

/** What is to be said of a reply. */
export interface Verdict {
  /** Those for which it is not handed on; empty where it is valid. */
  readonly violations: readonly Violation[];
  /** The choice in which they are. */
  readonly choice: Choice | undefined;
  /** Texts that were put right, by their channels. */
  readonly mended: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
}
