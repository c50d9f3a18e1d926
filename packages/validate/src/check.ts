import type { Call, DerivedRequest, Params, Reply } from '@interpose/core';

/** What a check is told. */
export interface CheckArgs {
  /** The call that was answered. */
  readonly call: Call;
  /** The answer as text. */
  readonly text: string;
  /** The answer as JSON where it has to be that, and the text otherwise. */
  readonly answer: unknown;
  /** Aborts when the caller gives up, or the check took too long. */
  readonly signal: AbortSignal;
  /**
   * Asks something else of the provider, beneath `validate`, so that it is budgeted, limited and retried like any call. A
   * reply that is not read has to be cancelled.
   */
  readonly ask: <P extends Params>(request: DerivedRequest<P>) => Promise<Reply>;
}

/** What a check found: whether the answer passes, or that with more words. */
export type CheckResult =
  | boolean
  | {
      readonly pass: boolean;
      /** As the check counts. */
      readonly score?: number;
      /** What was expected and is not so, for the model, for logs and for the error. Without the answer's own words. */
      readonly expected?: string;
    };

/** Looks at a text while it comes; says what is wrong once that cannot heal. One of them looks at one text. */
export type Watch = (added: string) => string | undefined;

/** A rule that answers have to keep. */
export interface Check {
  /** What it is called in errors, events and traces. */
  readonly name: string;
  /** Whether an answer that fails is not handed on (`error`), or only told of (`warn`). @default 'error' */
  readonly severity?: 'error' | 'warn';
  /** Whether it also says something of an answer that was cut at its length, or filtered. @default false */
  readonly unfinished?: boolean;
  /** Says whether an answer passes. */
  readonly test: (args: CheckArgs) => CheckResult | Promise<CheckResult>;
  /** Begins to watch a text as it comes, so that a stream can be stopped early. @default it is looked at when it is whole */
  readonly watch?: () => Watch;
}
