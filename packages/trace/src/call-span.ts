import {
  attemptEnded,
  attemptFailed,
  attempted,
  balance,
  classify,
  evaluated,
  findInterposeError,
  hit,
  redacted,
  refused,
  settled,
  started,
  type AttemptEnd,
  type Balance,
  type Call,
  type Evaluation,
  type Failure,
  type LayerEvent,
  type Outcome,
  type Redaction,
  type Reply,
} from '@interpose/core';
import { SeverityNumber, SpanStatusCode, type Attributes, type Context, type Span } from '@opentelemetry/api';
import { AttemptSpan } from './attempt-span.ts';
import type { ContentRecorder } from './content-recorder.ts';
import { Cost } from './cost.ts';
import { evaluationAttributes } from './evaluation-attributes.ts';
import { eventAttributes, eventName } from './event-attributes.ts';
import { countable, type Instruments } from './instruments.ts';
import * as names from './names.ts';
import { endOf, errorType, outcomeAttributes, type End } from './outcome-attributes.ts';
import { isInference } from './request-attributes.ts';
import * as semconv from './semconv.ts';
import type { Tracing } from './tracing.ts';

/** What one call is traced with. */
export interface CallSpanInit {
  readonly call: Call;
  /** By the monotonic clock. */
  readonly startedAt: number;
  /** Undefined, or one that records nothing, where only metrics are taken. */
  readonly span: Span | undefined;
  /** In which the call runs, so that what it does is its span's child. */
  readonly context: Context;
  readonly instruments: Instruments | undefined;
  /** What identifies the call in metrics. */
  readonly identity: Attributes;
  readonly content: ContentRecorder | undefined;
}

/** How a call ended, or an attempt of a client that may make another. */
interface Ending {
  readonly end: End;
  readonly failure: Failure | undefined;
  /** Undefined where it is no error. */
  readonly error: string | undefined;
  readonly reply: Reply | undefined;
  readonly outcome: Outcome | undefined;
}

const REFUSAL = names.EVENT_PREFIX + refused.name;
// Of one stream. A distribution is known from so many, and streams may be endless.
const MAX_CHUNKS = 4096;

/** One logical call: its span, those of its attempts, and what is measured of it. Ends once, however the call does. */
export class CallSpan {
  readonly #tracing: Tracing;
  readonly #init: CallSpanInit;
  readonly #attempts = new Map<Call, AttemptSpan>();
  readonly #cost: Cost;
  /** Times between the chunks of a stream, in seconds. */
  readonly #chunkSeconds: number[] = [];
  #latest: AttemptSpan | undefined;
  #sent = 0;
  #ended = false;
  /** Whether no client makes a further attempt by itself. */
  #through: boolean;
  /** The end of an attempt that may have been the last. */
  #held: Ending | undefined;

  constructor(tracing: Tracing, init: CallSpanInit) {
    this.#tracing = tracing;
    this.#init = init;
    this.#cost = new Cost(tracing.prices);
    const { call } = init;
    this.#through = call.resends === undefined;
    call.resends?.whenDone(() => tracing.guarded(call, () => this.#clientDone()));
  }

  /** In which the call runs. */
  get context(): Context {
    return this.#init.context;
  }

  /** Takes in what a unit reports of the call. */
  take(event: LayerEvent): void {
    const { instruments, identity } = this.#init;
    if (event.type === started.name || event.type === settled.name) return;
    if (event.type === attempted.name) return this.#attempted(event.call);
    if (event.type === attemptEnded.name) return this.#attemptEnded(event.call, event.data as AttemptEnd);
    if (event.type === attemptFailed.name && (event.data as { retrying: boolean }).retrying) {
      instruments?.retried(identity);
    }
    if (event.type === evaluated.name) return this.#evaluated(event.data as Evaluation);
    if (event.type === hit.name) instruments?.hit(identity, (event.data as { source: string }).source);
    if (event.type === redacted.name) instruments?.redacted(identity, event.data as Redaction);
    if (event.type === balance.name) {
      const { limit, unit, remaining } = event.data as Balance;
      instruments?.balance(limit, unit, remaining);
    }
    if (!this.#ended)
      this.#init.span?.addEvent(eventName(event), eventAttributes(event, this.#tracing.scrub));
  }

  /** On the span, and as an event of its own where somebody takes those. */
  #evaluated(found: Evaluation): void {
    const { span, instruments, identity, context } = this.#init;
    instruments?.evaluated(identity, found);
    const attributes = evaluationAttributes(found, this.#tracing.scrub);
    if (!this.#ended) span?.addEvent(semconv.EVALUATION_EVENT, attributes);
    this.#tracing.emit?.({
      eventName: semconv.EVALUATION_EVENT,
      severityNumber: SeverityNumber.INFO,
      attributes: { ...identity, ...attributes },
      context,
    });
  }

  /** The client sends the call once more by itself: what it ended with was the end of an attempt only. */
  again(): void {
    this.#held = undefined;
    this.#init.instruments?.retried(this.#init.identity);
  }

  /** The call was answered: it ends when the answer does. */
  answered(reply: Reply): void {
    const { call, instruments, content } = this.#init;
    if (instruments && reply.streamed) this.#timeChunks(reply);
    if (reply.ok) content?.watch(reply);
    const ended = (outcome: Outcome): void => {
      const { status, failure } = outcome;
      this.#tracing.guarded(call, () =>
        this.#finish({ end: status, failure, error: errorType(failure), reply, outcome }),
      );
    };
    if (!content) void reply.outcome.then(ended);
    else void reply.outcome.then((outcome) => content.whole(reply, outcome).then(() => ended(outcome)));
  }

  /** The call was not answered. */
  failed(thrown: unknown): void {
    const failure = classify(thrown, this.#init.call.signal);
    const reply = findInterposeError(thrown)?.reply;
    this.#finish({
      end: endOf(failure),
      failure,
      error: errorType(failure, thrown),
      reply,
      outcome: undefined,
    });
  }

  /** A client that may send the call again has the last word, unless it was answered. */
  #finish(ending: Ending): void {
    if (this.#through || ending.reply?.ok) this.#end(ending);
    else this.#held = ending;
  }

  #clientDone(): void {
    this.#through = true;
    if (!this.#held) return;
    // Given up while it waited for the next attempt.
    const aborted = this.#init.call.signal.aborted;
    this.#end(aborted ? { ...this.#held, end: 'aborted', error: undefined } : this.#held);
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    const { call } = this.#init;
    for (const attempt of this.#attempts.values()) attempt.end({});
    this.#attempts.clear();
    const seconds = (this.#tracing.clock.monotonic() - this.#init.startedAt) / 1000;
    const firstChunkSeconds = firstChunk(seconds, ending);
    this.#tracing.guarded(call, () => this.#measure(ending, seconds, firstChunkSeconds));
    const { span, content } = this.#init;
    if (!span) return;
    const { error, failure } = ending;
    try {
      span.setAttributes(this.#endAttributes(ending, firstChunkSeconds));
      // Told here: the layer reports it when this span is over.
      if (ending.end === 'refused') span.addEvent(REFUSAL, { [`${REFUSAL}.code`]: error });
      if (error !== undefined) {
        span.setStatus({ code: SpanStatusCode.ERROR, ...(failure && { message: failure.message }) });
      }
      content?.ended();
    } finally {
      span.end();
    }
  }

  #endAttributes({ end, failure, error, reply, outcome }: Ending, firstChunkSeconds?: number): Attributes {
    const { call } = this.#init;
    const { settings } = this.#tracing;
    const attributes: Attributes = outcome
      ? outcomeAttributes(call, outcome, this.#isProvided(reply), settings.semconv)
      : {};
    attributes[names.OUTCOME] = end;
    attributes[names.ATTEMPTS] = this.#sent;
    const requestId = reply?.requestId ?? failure?.requestId;
    if (reply) attributes[names.SOURCE] = reply.source;
    if (requestId !== undefined) attributes[names.REQUEST_ID] = requestId;
    if (firstChunkSeconds !== undefined) attributes[semconv.TIME_TO_FIRST_CHUNK] = firstChunkSeconds;
    if (this.#cost.usd !== undefined) attributes[names.COST_USD] = this.#cost.usd;
    if (error === undefined) return attributes;
    attributes[semconv.ERROR_TYPE] = error;
    if (end === 'refused') attributes[names.REFUSAL_CODE] = error;
    else if (failure?.code !== undefined) attributes[names.FAILURE_CODE] = failure.code;
    const status = reply?.status ?? failure?.status;
    if (status !== undefined) attributes[semconv.HTTP_STATUS] = status;
    return attributes;
  }

  #measure({ end, error, reply, outcome }: Ending, seconds: number, firstChunkSeconds?: number): void {
    const { instruments, identity, call } = this.#init;
    if (!instruments) return;
    const model = outcome?.model;
    const attributes = model === undefined ? identity : { ...identity, [semconv.RESPONSE_MODEL]: model };
    instruments.ended(
      {
        inference: isInference(call),
        seconds,
        firstChunkSeconds,
        chunkSeconds: this.#chunkSeconds,
        usage: countable(outcome, this.#isProvided(reply)),
        errorType: error,
      },
      attributes,
    );
    if (end === 'refused') instruments.refused(identity, error ?? end);
  }

  /** Whether tokens were used for a reply, and not only saved. */
  #isProvided(reply: Reply | undefined): boolean {
    return this.#sent > 0 && reply?.source !== 'cache';
  }

  #attempted(call: Call): void {
    this.#sent++;
    const { span, context } = this.#init;
    const { tracer, settings, serverOf } = this.#tracing;
    if (this.#ended || !span || !tracer || !settings.attempts) return;
    this.#latest = new AttemptSpan(tracer, call, this.#sent, serverOf(call.url), context, this.#latest);
    this.#attempts.set(call, this.#latest);
  }

  #attemptEnded(call: Call, end: AttemptEnd): void {
    const { instruments, identity } = this.#init;
    instruments?.attempted(identity, errorType(end.failure));
    const usd = this.#cost.add(call, end.outcome);
    if (usd !== undefined) instruments?.charged(identity, usd);
    this.#attempts.get(call)?.end(end);
    this.#attempts.delete(call);
  }

  #timeChunks(reply: Reply): void {
    const { clock } = this.#tracing;
    let last: number | undefined;
    reply.tap({
      event: () => {
        const now = clock.monotonic();
        if (last !== undefined && this.#chunkSeconds.length < MAX_CHUNKS) {
          this.#chunkSeconds.push((now - last) / 1000);
        }
        last = now;
      },
    });
  }
}

/** From the start of the call; the outcome counts from the last request. */
function firstChunk(seconds: number, { reply, outcome }: Ending): number | undefined {
  if (!reply?.streamed || outcome?.firstContentMs === undefined) return undefined;
  return Math.max(0, seconds - (outcome.totalMs - outcome.firstContentMs) / 1000);
}
