import type { Events, Failure, LayerEvent, Outcome } from '@interpose/core';

/** What {@link recordEvents} gives. */
export interface EventRecord extends Disposable {
  /** One line for each event so far, in order. */
  readonly lines: readonly string[];
  /** Stops listening. */
  stop(): void;
}

/**
 * Listens to the event channel of a layer and writes each event as a line, so that a test can compare a whole
 * course of events:
 *
 * `start`, `attempt 1`, `attempt-end 1 failed`, `attempt-failed 1 overloaded retrying`, `wait 500 backoff`,
 * `detour fallback gpt-4.1 overloaded`, `hit cache`,
 * `refusal budget_exceeded`, `settle completed`, `settle completed from cache`, `evaluation shape pass`, `fault log open`. Events of
 * a unit's own have their data as JSON behind their name.
 */
export function recordEvents(layerOrEvents: Events | { readonly events: Events }): EventRecord {
  const events = 'events' in layerOrEvents ? layerOrEvents.events : layerOrEvents;
  const lines: string[] = [];
  const stop = events.on('*', (event) => void lines.push(lineOf(event)));
  return { lines, stop, [Symbol.dispose]: stop };
}

function lineOf(event: LayerEvent): string {
  return [event.type, ...(WORDS[event.type] ?? own)(event.data as Data, event.unit)].join(' ');
}

/** The fields of all events that the core knows. */
interface Data {
  readonly attempt: number;
  readonly failure: Failure;
  readonly retrying: boolean;
  readonly ms: number;
  readonly reason: string;
  readonly kind: string;
  readonly target: string;
  readonly source: string;
  readonly code: string;
  readonly outcome?: Outcome;
  readonly open: boolean;
  readonly name: string;
  readonly verdict: string;
  readonly severity: string;
  readonly explanation?: string;
}

const WORDS: Readonly<Record<string, (data: Data, unit: string) => readonly unknown[]>> = {
  start: () => [],
  attempt: ({ attempt }) => [attempt],
  'attempt-end': ({ attempt, outcome, failure }) => [attempt, outcome?.status ?? failure.kind],
  'attempt-failed': ({ attempt, failure, retrying }) => [
    attempt,
    failure.kind,
    ...(retrying ? ['retrying'] : []),
  ],
  wait: ({ ms, reason }) => [ms, reason],
  detour: ({ kind, target, reason }) => [kind, target, reason],
  hit: ({ source }) => [source],
  refusal: ({ code }) => [code],
  settle: ({ outcome, source }) => [outcome?.status, ...(source === 'provider' ? [] : ['from', source])],
  evaluation: ({ name, verdict, severity, explanation }) => [
    name,
    verdict,
    ...(severity === 'warn' ? ['(warning)'] : []),
    ...(explanation === undefined ? [] : [`(${explanation})`]),
  ],
  fault: ({ open }, unit) => [unit, open ? 'open' : 'closed'],
};

function own(data: unknown): readonly string[] {
  const text = JSON.stringify(data);
  return text === undefined || text === '{}' ? [] : [text];
}
