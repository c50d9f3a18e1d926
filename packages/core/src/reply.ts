import type { Call } from './call.ts';
import { BinaryBody } from './binary-body.ts';
import type { BodyContext } from './body-context.ts';
import { Cut } from './cut.ts';
import { findInterposeError } from './error.ts';
import { EventBody } from './event-body.ts';
import { DecodedSource, FedSource, type EventFeed } from './event-source.ts';
import { Failure } from './failure.ts';
import { LightResponse, openBody } from './light-response.ts';
import type { Observer } from './observer.ts';
import type { Channel, TextCut, TextTransform } from './operations/operation.ts';
import type { Outcome, OutcomeUsage } from './outcome.ts';
import type { Present } from './present.ts';
import { Settlement } from './settlement.ts';
import { WholeBody } from './whole-body.ts';

/** Where and when a {@link Reply} comes from. */
export interface ReplyInit {
  /** `provider`, `cache`, `fallback`, ... @default 'provider' */
  source?: string;
  /** When the request was sent, by the monotonic clock. @default now */
  startedAt?: number;
  /** Tells events that the caller did not ask for: they count, and are not handed on. @default none is */
  isExtra?: ((data: unknown) => boolean) | undefined;
  /** The events of a streamed reply, in place of the response's body, where they are decoded already. */
  events?: EventFeed | undefined;
  /** What other replies used on the way to this one: it counts in the outcome. @default nothing */
  spent?: OutcomeUsage | undefined;
}

/**
 * The provider's answer to a call, plain or streamed by the same code. Wraps the `Response` lazily: when
 * nobody looks inside, the client gets that very object.
 *
 * What is put on a reply (`tap`, `mapText`) runs when the client reads it, innermost unit first, in one pass.
 */
export class Reply {
  readonly call: Call;
  readonly source: string;
  readonly #response: Response;
  readonly #startedAt: number;
  readonly #isExtra: ((data: unknown) => boolean) | undefined;
  readonly #events: EventFeed | undefined;
  readonly #spent: OutcomeUsage | undefined;
  #headers: Headers | undefined;
  #lazySettlement: Settlement | undefined;
  #body: EventBody | WholeBody | BinaryBody | undefined;
  #delivered = false;
  #judged: Failure | undefined;

  constructor(call: Call, response: Response, init: ReplyInit = {}) {
    this.call = call;
    this.source = init.source ?? 'provider';
    this.#response = response;
    this.#startedAt = init.startedAt ?? call.runtime.clock.monotonic();
    this.#isExtra = init.isExtra;
    this.#events = init.events;
    this.#spent = init.spent;
  }

  get status(): number {
    return this.#response.status;
  }

  /** The response's headers. Not to be changed in place. */
  get headers(): Headers {
    return this.#headers ?? this.#response.headers;
  }

  /** Sets a header of the response that the client gets. */
  setHeader(name: string, value: string): this {
    if (this.#delivered) throw changedLate();
    this.#headers ??= new Headers(this.#response.headers);
    this.#headers.set(name, value);
    return this;
  }

  /** Whether the status is a success (2xx). */
  get ok(): boolean {
    return this.#response.ok;
  }

  /** Whether the body is a stream of events. */
  get streamed(): boolean {
    return this.ok && this.#mediaType().includes('text/event-stream');
  }

  /** The provider's id of this request, for its support. */
  get requestId(): string | undefined {
    return this.headers.get('x-request-id') ?? this.headers.get('apim-request-id') ?? undefined;
  }

  /**
   * How the reply ends; settles exactly once, on every way out, and never rejects. To be asked for before the
   * reply is returned, so that somebody looks while it passes.
   *
   * @throws {Error} when the reply was handed to the client unobserved.
   */
  get outcome(): Promise<Outcome> {
    if (!this.#settlement.watched && !this.#settlement.settled) {
      if (this.#delivered && !this.#body) {
        throw new Error('interpose: reply.outcome must be asked for before the reply is returned');
      }
      this.#watch();
    }
    return this.#settlement.promise;
  }

  /** Characters of text that came so far, in all channels; those of a plain body once it is whole. */
  get receivedCharacters(): number {
    return this.#settlement.outputCharacters;
  }

  /**
   * Waits until the reply is worth handing on: the first event with content, or the whole plain body. What
   * is read for it is kept and played to the client afterwards.
   *
   * @throws {Failure} when the reply is an error or dies before that.
   */
  async commit(): Promise<void> {
    if (this.#judged) throw this.#judged;
    await this.#open().commit();
    if (!this.ok) throw (await this.failure()) ?? new Failure('server', { status: this.status });
  }

  /** What the reply failed of, when its status is not a success; leaves the body readable. */
  async failure(): Promise<Failure | undefined> {
    if (this.ok) return undefined;
    if (this.#judged) return this.#judged;
    const body = this.#open();
    return body instanceof WholeBody ? body.failure() : undefined;
  }

  /**
   * Says what a reply failed of, to units further out, for a unit that knows more than its status and body say: that there
   * is another key, say, to which the limit of this one does not apply. The outcome tells what the provider said.
   */
  judge(failure: Failure): this {
    if (!this.ok) this.#judged = failure;
    return this;
  }

  /**
   * The parsed body of a plain reply, as the units further in left it.
   *
   * @throws {TypeError} when the reply is streamed or binary; the platform's error when it cannot be read.
   */
  async json(): Promise<unknown> {
    const body = this.#open();
    if (body instanceof WholeBody) return body.json();
    throw new TypeError('interpose: reply.json() is for plain JSON replies; use reply.tap() for streams');
  }

  /**
   * The body of a plain reply as text, as the units further in left it: that of an error, too.
   *
   * @throws {TypeError} when the reply is streamed or binary; the platform's error when it cannot be read.
   */
  async text(): Promise<string> {
    const body = this.#open();
    if (body instanceof WholeBody) return body.text();
    throw new TypeError('interpose: reply.text() is for plain JSON replies; use reply.tap() for streams');
  }

  /** Lets `observer` see the reply pass. A reply that is neither JSON nor events is not shown. */
  tap(observer: Observer): this {
    const body = this.#undelivered();
    if (!(body instanceof BinaryBody)) body.stages.tap(observer);
    return this;
  }

  /**
   * Rewrites what the model wrote. `open` is called once for each channel of text (choice, output item,
   * arguments of a tool call, reasoning) when its first text comes, for plain and streamed replies alike.
   */
  mapText(open: (channel: Channel) => TextTransform): this {
    const body = this.#undelivered();
    if (!(body instanceof BinaryBody)) body.stages.rewrite(this.call.operation.rewriter(open));
    return this;
  }

  /**
   * Rewrites as `mapText` does, and ends a stream before the provider does: when a transform says that its text is `over`, its
   * choice finishes with `stop`, and of it no more is handed on; when all have finished, the provider is stopped, and the
   * stream ends as a whole one does. The outcome is then `completed`, with `unit` in `stoppedBy`. The text of a plain reply
   * is cut, and the rest of it is left as it is.
   *
   * @param unit whose name it is.
   */
  cutText(unit: string, open: (channel: Channel) => TextCut): this {
    const body = this.#undelivered();
    if (body instanceof BinaryBody) return this;
    const { operation, params } = this.call;
    const settlement = this.#settlement;
    body.stages.cut(new Cut({ unit, operation, params, open, usage: () => settlement.usage }));
    return this;
  }

  /** Stops the reply and releases its connection. For one that will not be returned; safe to call twice. */
  async cancel(reason?: unknown): Promise<void> {
    await this.#open()
      .cancel(reason)
      // The connection may be broken already; then there is nothing to release.
      .catch(() => {});
  }

  /**
   * Ends the reply at once with an error, at any time until it has ended, and whether or not anybody reads it: the read that is
   * pending rejects with it, and each later one; the outcome settles as failed, by what the error stands for; the provider
   * is stopped. A plain body that is being read is let go of by aborting the signal of its call, with the same error for
   * a reason: that alone ends a reply as this does.
   *
   * @throws {Error} when the reply was handed to the client unobserved.
   */
  fail(error: unknown): void {
    if (this.#delivered && !this.#body) throw changedLate();
    this.#open().fail(error);
  }

  /**
   * Hands the reply out: the provider's own response, or a light one through which observers look.
   *
   * @param present turns an error of this project that ends the body into the one that a client's users expect.
   */
  deliver(present?: Present): Response {
    this.#delivered = true;
    const response = this.#response;
    const { runtime } = this.call;
    if (!this.#body && !this.#isExtra && !this.#events && !this.#headers && runtime.failOn.size === 0)
      return response;
    const body = this.#open();
    // An error is nobody's to rewrite.
    const changed = this.ok && !(body instanceof BinaryBody) && body.stages.rewriting;
    const delivered = new LightResponse({
      status: response.status,
      statusText: response.statusText,
      headers: changed ? withoutLength(this.headers) : this.headers,
      url: response.url,
      redirected: response.redirected,
      type: response.type,
      body: body.light(present),
      ...(!(body instanceof BinaryBody) && { parsed: body.parsed(present) }),
    });
    // A plain body that was read has settled; for the rest, garbage collection is the last way to end.
    if (!this.#settlement.settled) this.#settlement.onSettled(runtime.guard(delivered, body));
    return delivered;
  }

  /** Made when first needed: a reply that nobody looks at has nothing to settle. */
  get #settlement(): Settlement {
    const { call } = this;
    return (this.#lazySettlement ??= new Settlement(
      call.runtime.clock,
      this.#startedAt,
      () => call.bodyLength,
      this.#spent,
    ));
  }

  #undelivered(): EventBody | WholeBody | BinaryBody {
    if (this.#delivered) throw changedLate();
    return this.#open();
  }

  #open(): EventBody | WholeBody | BinaryBody {
    return (this.#body ??= this.#openBody());
  }

  #openBody(): EventBody | WholeBody | BinaryBody {
    const { operation, signal, runtime } = this.call;
    const context: BodyContext = {
      operation,
      signal,
      clock: runtime.clock,
      settlement: this.#settlement,
      failOn: runtime.failOn,
      isExtra: this.#isExtra,
    };
    const response = this.#response;
    if (!this.ok || isJson(this.#mediaType())) {
      return new WholeBody(response, context, () => runtime.clock.now());
    }
    if (this.#events) return new EventBody(new FedSource(this.#events), context);
    const reader = openBody(response);
    return this.streamed && reader
      ? new EventBody(new DecodedSource(reader), context)
      : new BinaryBody(reader, context);
  }

  #watch(): void {
    const settlement = this.#settlement;
    // Starts the promise, so that the body knows that somebody waits for it.
    void settlement.promise;
    const { signal } = this.call;
    const abort = (): void => {
      const { reason } = signal as { reason: unknown };
      // Not the caller gave up, but a unit in the caller's place: a clock that ran out.
      if (findInterposeError(reason)?.failure) this.fail(reason);
      else settlement.settle('aborted', new Failure('aborted', { cause: reason }));
    };
    if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      settlement.onSettled(() => signal.removeEventListener('abort', abort));
    }
    this.#open();
  }

  #mediaType(): string {
    return this.headers.get('content-type')?.toLowerCase() ?? '';
  }
}

function changedLate(): Error {
  return new Error('interpose: a reply cannot be changed after it was returned');
}

function isJson(mediaType: string): boolean {
  return mediaType.includes('application/json') || mediaType.split(';')[0]?.trim().endsWith('+json') === true;
}

/** Of the body as it was; the rewritten one has another length. */
function withoutLength(headers: Headers): Headers {
  if (!headers.has('content-length')) return headers;
  const copy = new Headers(headers);
  copy.delete('content-length');
  return copy;
}
