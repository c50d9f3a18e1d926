import type { Call, Outcome, Reply } from '@interpose/core';
import { SeverityNumber, type Attributes, type Context, type LogRecord, type Span } from '@opentelemetry/api';
import { inputOf, outputOf } from './content/content.ts';
import { fitted } from './content/fitted.ts';
import { CONTENT_CUT } from './names.ts';
import * as semconv from './semconv.ts';
import type { Tracing } from './tracing.ts';

/** Where the content of one call goes. */
export interface ContentTargets {
  /** Undefined where it is not to be on the span. */
  readonly span: Span | undefined;
  /** Undefined where there is to be no event. */
  readonly emit: ((record: LogRecord) => void) | undefined;
  /** That of the span, for the event. */
  readonly context: Context;
  /** What the event says besides content. */
  readonly identity: Attributes;
}

/** Records what a call asked and was answered: scrubbed, in the conventions' shape, within the limit. */
export class ContentRecorder {
  readonly #tracing: Tracing;
  readonly #call: Call;
  readonly #targets: ContentTargets;
  readonly #recorded: Attributes = {};
  readonly #events: unknown[] = [];
  #body: unknown;

  constructor(tracing: Tracing, call: Call, targets: ContentTargets) {
    this.#tracing = tracing;
    this.#call = call;
    this.#targets = targets;
    const input = inputOf(call);
    if (!input) return;
    this.#record(semconv.SYSTEM_INSTRUCTIONS, input.instructions);
    this.#record(semconv.INPUT_MESSAGES, input.messages);
    this.#record(semconv.TOOL_DEFINITIONS, input.tools);
  }

  /** Looks at a stream as it passes. */
  watch(reply: Reply): void {
    reply.tap({ event: (event) => this.#events.push(event.json) });
  }

  /** Takes the body of a plain reply that ended, which may not have passed yet: a unit can read it before the caller. */
  async whole(reply: Reply, { status }: Outcome): Promise<void> {
    // Only one that was read: reading another might never end.
    if (status !== 'completed' || !reply.ok || reply.streamed) return;
    // What is no JSON has no content that is known.
    this.#body = await reply.json().catch(() => undefined);
  }

  /** The call is over: what there is of an answer is recorded. */
  ended(): void {
    const { operation } = this.#call;
    const body = this.#body ?? (this.#events.length > 0 ? operation.assemble(this.#events) : undefined);
    if (body !== undefined) this.#record(semconv.OUTPUT_MESSAGES, outputOf(this.#call, body));
    const { emit, context, identity } = this.#targets;
    emit?.({
      eventName: semconv.DETAILS_EVENT,
      severityNumber: SeverityNumber.INFO,
      attributes: { ...identity, ...this.#recorded },
      context,
    });
  }

  #record(name: string, content: readonly unknown[] | undefined): void {
    if (!content || content.length === 0) return;
    const { settings, scrub } = this.#tracing;
    // Scrubbed before it is cut: half a secret is not recognised any more.
    const { items, cut } = fitted(
      scrubbed(content, scrub) as readonly unknown[],
      settings.maxContentCharacters,
    );
    this.#put(name, items);
    if (cut) this.#put(CONTENT_CUT, true);
  }

  #put(name: string, value: unknown): void {
    this.#recorded[name] = value;
    const { span } = this.#targets;
    if (!span) return;
    span.setAttribute(name, value);
    // SDKs before 3 drop what is structured; then it is JSON, as the conventions have it.
    const { attributes } = span as Span & { attributes?: Attributes };
    if (typeof value === 'object' && attributes && !(name in attributes))
      span.setAttribute(name, JSON.stringify(value));
  }
}

/** A copy in which every text is scrubbed, however deep, and what is undefined is left out. */
function scrubbed(value: unknown, scrub: (text: string) => string): unknown {
  if (typeof value === 'string') return scrub(value);
  if (Array.isArray(value)) return value.map((item) => scrubbed(item, scrub));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, scrubbed(part, scrub)]),
  );
}
