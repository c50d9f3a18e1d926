import { endOf, settleFailed, type BodyContext } from './body-context.ts';
import { classify, classifyProviderError, classifyResponse } from './classify.ts';
import { Failure } from './failure.ts';
import type { LightBody, ParsedBody } from './light-response.ts';
import { presenting, type Present } from './present.ts';
import { ReplyError } from './reply-error.ts';
import { Stages } from './stages.ts';

/** The body of a plain reply: read and parsed at most once, when somebody first needs it. */
export class WholeBody {
  readonly stages: Stages = new Stages(false);
  readonly #context: BodyContext;
  readonly #response: Response;
  readonly #now: () => number;
  #text: Promise<string> | undefined;
  #parsed: Parsed | undefined;
  /** The body as the first `#applied` stages left it. */
  #staged: unknown;
  #applied = 0;
  /** What ended the body, a stage or a unit: whoever reads again is told again. */
  #broke: { readonly error: unknown } | undefined;
  /** Ends the read that is under way. */
  #interrupt: ((error: unknown) => void) | undefined;

  constructor(response: Response, context: BodyContext, now: () => number) {
    this.#response = response;
    this.#context = context;
    this.#now = now;
  }

  /**
   * Waits for the whole body.
   *
   * @throws {Failure} when it is an error, cannot be read, or is not what it says it is.
   */
  async commit(): Promise<void> {
    const failure = await this.failure();
    if (failure) throw failure;
  }

  /** What the reply failed of, if it did. Leaves the body readable. */
  async failure(): Promise<Failure | undefined> {
    let text: string;
    try {
      text = await this.#read();
    } catch (error) {
      return error instanceof ReplyError ? error.failure : classify(error, this.#context.signal);
    }
    const { failure } = this.#parse(text);
    this.#settle();
    return failure;
  }

  /** The parsed body as the stages so far left it; undefined when it is empty or not JSON. */
  async json(): Promise<unknown> {
    // What `commit` or a unit read need not be waited for again.
    if (!this.#parsed) this.#parse(await this.#read());
    return this.#stage();
  }

  /** The very text that came, unless a stage changed it. */
  async text(): Promise<string> {
    const text = await this.#read();
    const { value } = this.#parse(text);
    const staged = this.#stage();
    return staged === value ? text : JSON.stringify(staged);
  }

  async cancel(reason?: unknown): Promise<void> {
    const { settlement, signal } = this.#context;
    // A reply with an error status failed, whoever reads its body: the official client, before it retries, does not.
    if (this.#response.ok || signal.aborted) settlement.settle('aborted');
    else settlement.settle('failed', classifyResponse(this.#response, undefined, this.#now()));
    await this.#release(reason);
  }

  /**
   * Ends the reply with an error, also for who is waiting for it. Does nothing once it has ended. A body that is being
   * read already is let go of by the signal of its call only.
   */
  fail(reason: unknown): void {
    const { settlement, signal } = this.#context;
    if (this.#broke || settlement.settled) return;
    this.#broke = { error: reason };
    if (this.#response.ok) settlement.markBilled();
    settleFailed(this.#context, classify(reason, signal));
    if (this.#text) this.#interrupt?.(reason);
    else this.#release(reason).catch(() => {});
  }

  /** Nobody can read it any more. A read under way settles by itself. */
  abandon(): void {
    if (this.#text) return;
    this.#context.settlement.settle('abandoned');
    this.cancel().catch(() => {});
  }

  parsed(present?: Present): ParsedBody {
    return { kind: 'json', value: presenting(present, () => this.#value()) };
  }

  /** The body as bytes: the very text that came, unless a stage changed it. */
  light(present?: Present): LightBody {
    const text = presenting(present, () => this.#delivered());
    return {
      text,
      open: () => {
        let sent = false;
        return {
          read: async () => {
            if (sent) return { done: true };
            sent = true;
            return { done: false, value: Buffer.from(await text()) };
          },
          cancel: (reason) => this.cancel(reason),
          releaseLock: () => {},
        };
      },
    };
  }

  async #delivered(): Promise<string> {
    const text = await this.#read();
    // Without stages nobody but the meter looks, and it looks only when somebody waits for the outcome.
    const { settlement } = this.#context;
    if (this.stages.empty && !settlement.watched) {
      settlement.settle(this.#response.ok ? 'completed' : 'failed');
      return text;
    }
    return this.text();
  }

  /** The parsed body for a client, which is told of one that is broken. */
  async #value(): Promise<unknown> {
    const value = await this.json();
    if (value !== undefined) return value;
    const text = await this.#read();
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Runs the body through the stages that it has not been through. What a stage throws ends the reply. */
  #stage(): unknown {
    if (this.#broke) throw this.#broke.error;
    const { settlement, signal } = this.#context;
    const { value, readable } = this.#parsed ?? {};
    try {
      if (readable && this.#applied < this.stages.count) {
        this.#staged = this.stages.body(this.#applied === 0 ? value : this.#staged, this.#applied);
        this.#applied = this.stages.count;
      }
    } catch (error) {
      this.#broke = { error };
      settlement.settle('failed', classify(error, signal));
      throw error;
    }
    this.#settle();
    return this.#applied > 0 ? this.#staged : value;
  }

  #settle(): void {
    const failure = this.#parsed?.failure;
    this.#context.settlement.settle(failure ? 'failed' : 'completed', failure);
  }

  #read(): Promise<string> {
    if (this.#broke) return Promise.reject(this.#broke.error);
    this.#text ??= this.#whole().catch((error: unknown) => {
      if (this.#broke) throw this.#broke.error;
      const failure = classify(error, this.#context.signal);
      if (this.#response.ok) this.#context.settlement.markBilled();
      settleFailed(this.#context, failure);
      throw endOf(error, failure, this.#context);
    });
    return this.#text;
  }

  /** All of the text. Does not wait for a provider that keeps silent when the body is ended. */
  async #whole(): Promise<string> {
    this.stages.waiting();
    const text = await new Promise<string>((resolve, reject) => {
      this.#interrupt = reject;
      this.#response.text().then(resolve, reject);
    });
    this.stages.arrived(true);
    return text;
  }

  async #release(reason: unknown): Promise<void> {
    if (!this.#text && !this.#response.bodyUsed) await this.#response.body?.cancel(reason);
  }

  #parse(text: string): Parsed {
    if (this.#parsed) return this.#parsed;
    const { operation, settlement } = this.#context;
    const { ok, status } = this.#response;
    const value = parse(text);
    // The model wrote nothing into an error body, so no stage has business in it.
    const readable = ok && value !== undefined;
    let failure: Failure | undefined;
    if (!ok) {
      failure = classifyResponse(this.#response, value, this.#now());
    } else if (value === undefined && text !== '') {
      failure = new Failure('server', { status, code: 'malformed_body' });
      settlement.markBilled();
      settlement.outputCharacters += text.length;
    } else {
      const inspection = operation.inspectBody(value);
      settlement.observe(inspection);
      if (inspection.error != null) failure = classifyProviderError(inspection.error);
    }
    this.#parsed = { value, readable, ...(failure && { failure }) };
    return this.#parsed;
  }
}

interface Parsed {
  readonly value: unknown;
  /** Whether the value is the model's, for stages to see. */
  readonly readable: boolean;
  readonly failure?: Failure;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
