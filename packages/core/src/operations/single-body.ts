import { nothing } from './inspection.ts';
import type { Completion, Operation, Rewriter } from './operation.ts';

const whole: Completion = Object.freeze({ event() {}, whole: true });

/** The rewriter of replies that hold no text. */
export const textless: Rewriter = Object.freeze({
  event: (data: unknown) => [data],
  end: () => [],
  body: (data: unknown) => data,
});

/** What operations have in common whose replies are one body without text: no limit, no stream, nothing to rewrite. */
export const singleBody: Pick<
  Operation,
  'doneMarker' | 'outputLimit' | 'inspectEvent' | 'completion' | 'rewriter' | 'assemble' | 'playback'
> = {
  doneMarker: false,
  outputLimit: () => undefined,
  inspectEvent: () => nothing,
  completion: () => whole,
  rewriter: () => textless,
  assemble: () => undefined,
  playback: () => [],
};
