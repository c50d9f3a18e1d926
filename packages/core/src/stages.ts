import type { Cut } from './cut.ts';
import type { Observer } from './observer.ts';
import type { Rewriter } from './operations/operation.ts';
import { StreamEvent } from './sse.ts';

/** One thing that a unit put on a reply. */
type Stage =
  | { readonly observer: Observer; readonly rewriter?: never }
  | { readonly rewriter: Rewriter; readonly cut?: Cut };

/** What units put on a reply, innermost first, run in one pass over its events. */
export class Stages {
  readonly #stages: Stage[] = [];
  readonly #doneMarker: boolean;
  /** Those who want to know how long the provider takes. */
  readonly #watchers: Observer[] = [];
  /** Whether anything may change the reply, so that its bytes cannot be passed on as they are. */
  rewriting = false;
  /** The unit that ended the stream before the provider did. */
  stoppedBy: Cut | undefined;
  #ended = false;
  /** Whether the wire names its events, so that ours are named too. */
  #named = false;

  /** @param doneMarker whether the wire ends a stream with `[DONE]`. */
  constructor(doneMarker: boolean) {
    this.#doneMarker = doneMarker;
  }

  get empty(): boolean {
    return this.#stages.length === 0;
  }

  tap(observer: Observer): void {
    this.#stages.push({ observer });
    if (observer.waiting || observer.arrived) this.#watchers.push(observer);
  }

  rewrite(rewriter: Rewriter): void {
    this.rewriting = true;
    this.#stages.push({ rewriter });
  }

  cut(cut: Cut): void {
    this.rewriting = true;
    this.#stages.push({ rewriter: cut, cut });
  }

  /** Runs one chunk's events through all stages. Returns `events` itself when there is nothing to run. */
  events(events: readonly StreamEvent[]): readonly StreamEvent[] {
    if (this.empty) return events;
    const out: StreamEvent[] = [];
    for (const event of events) {
      if (event.type !== undefined) this.#named = true;
      if (event.done) out.push(...this.end());
      if (this.stoppedBy) {
        // What a stage further in held back until now was enough.
        out.push(event);
        break;
      }
      const stoppedAt = this.#pass([event], 0, out);
      if (stoppedAt === undefined) continue;
      out.push(...this.end(stoppedAt + 1));
      if (this.#doneMarker) out.push(DONE);
      break;
    }
    return out;
  }

  /**
   * Ends the channels that are still open; returns the events that carry what was held back.
   *
   * @param from the first stage that is ended; what those before it hold is dropped.
   */
  end(from = 0): readonly StreamEvent[] {
    const out: StreamEvent[] = [];
    if (this.#ended) return out;
    this.#ended = true;
    this.#stages.forEach(({ rewriter }, index) => {
      if (!rewriter || index < from) return;
      const rest = rewriter.end().map((json) => own(json, this.#named));
      this.#pass(rest, index + 1, out);
    });
    return out;
  }

  /** Runs a whole body through the stages from number `from` on. */
  body(body: unknown, from = 0): unknown {
    let value = body;
    for (const stage of this.#stages.slice(from)) {
      if (stage.rewriter) value = stage.rewriter.body(value);
      else stage.observer.body?.(value);
    }
    return value;
  }

  /** Somebody begins to wait for the provider. */
  waiting(): void {
    for (const watcher of this.#watchers) watcher.waiting?.();
  }

  /** What was waited for has come. */
  arrived(content: boolean): void {
    for (const watcher of this.#watchers) watcher.arrived?.(content);
  }

  get count(): number {
    return this.#stages.length;
  }

  /** Runs events through the stages from number `from` on; returns the number of one that ended the stream. */
  #pass(events: readonly StreamEvent[], from: number, out: StreamEvent[]): number | undefined {
    let stoppedAt: number | undefined;
    let passing = events;
    for (let index = from; index < this.#stages.length && passing.length > 0; index++) {
      const stage = this.#stages[index] as Stage;
      if (!stage.rewriter) {
        for (const event of passing) if (!event.done) stage.observer.event?.(event);
        continue;
      }
      passing = passing.flatMap((event) => rewritten(stage.rewriter, event));
      if (!stage.cut?.over) continue;
      stoppedAt = index;
      this.stoppedBy ??= stage.cut;
    }
    out.push(...passing);
    return stoppedAt;
  }
}

function rewritten(rewriter: Rewriter, event: StreamEvent): StreamEvent[] {
  // What is not JSON is passed on, not guessed at.
  if (event.done || !event.wellFormed) return [event];
  const results = rewriter.event(event.json);
  return results.map((json) =>
    json === event.json ? event : own(json, event.type !== undefined, event.type),
  );
}

function own(json: unknown, named: boolean, name?: string): StreamEvent {
  const type = (json as { type?: unknown } | null)?.type;
  return StreamEvent.of(json, named && typeof type === 'string' ? type : name);
}

const DONE = StreamEvent.decoded(undefined, '[DONE]', 'data: [DONE]\n\n');
