import type { Agent } from 'node:http';
import { parseRetryAfter, systemRandom, within, type Clock } from '@interpose/core';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { convertLegacyHttpOptions } from '@opentelemetry/otlp-exporter-base/node-http';
import type { ISerializer } from '@opentelemetry/otlp-transformer';
import { ExportError, wordOf } from './export-error.ts';
import { post, type Answer } from './post.ts';
import type { Tally } from './tally.ts';
import { limitOf } from './time-over.ts';

/** Where and how to export: the SDK's own reading of options and environment. */
export type OtlpConfig = ReturnType<typeof convertLegacyHttpOptions>;

/** What is particular to a signal. */
export interface OtlpKind<Items, Response> {
  readonly serializer: ISerializer<Items, Response>;
  /** How many spans, data points or log records there are. */
  readonly count: (items: Items) => number;
  /** How many of them the collector did not take, as its answer says. */
  readonly rejected: (response: Response) => number | undefined;
}

/** One request and what came of it: an answer that is a success, or a failure. */
interface Attempt {
  readonly answer?: Answer;
  readonly failure?: unknown;
  /** Whether another request may do better. */
  readonly again?: boolean;
  /** How long the collector asks to wait, in milliseconds. */
  readonly afterMs?: number | undefined;
}

// As the exporters of the SDK have it.
const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 5000;
const BACKOFF_FACTOR = 1.5;
const JITTER = 0.2;
// https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
const RETRYABLE: readonly number[] = [429, 502, 503, 504];

/**
 * Exports over OTLP/HTTP and counts what becomes of it. It does what the SDK's exporters do, with their serializers
 * and their configuration, and can be ended besides: those wait on timers that nothing stops, which keeps a process
 * from exiting, and say nothing of what a collector took only in part.
 */
export class OtlpExporter<Items, Response> {
  readonly #kind: OtlpKind<Items, Response>;
  readonly #config: OtlpConfig;
  readonly #tally: Tally;
  readonly #clock: Clock;
  readonly #ending = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  #agent: Promise<Agent> | undefined;

  constructor(kind: OtlpKind<Items, Response>, config: OtlpConfig, tally: Tally, clock: Clock) {
    this.#kind = kind;
    this.#config = config;
    this.#tally = tally;
    this.#clock = clock;
  }

  export(items: Items, done: (result: ExportResult) => void): void {
    const sending = this.#settle(items, done).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  /** Resolves when nothing is on its way any longer. */
  async forceFlush(): Promise<void> {
    while (this.#sending.size > 0) await Promise.all(this.#sending);
  }

  async shutdown(): Promise<void> {
    await this.forceFlush();
    await this.end();
  }

  /** Gives up what is on its way, and closes the connections. */
  async end(): Promise<void> {
    this.#ending.abort(new ExportError('shutdown'));
    await this.forceFlush();
    (await this.#agent)?.destroy();
  }

  /** The SDK's metrics of exporters; there is nothing to set, the tally counts. */
  setMetrics(): void {}

  async #settle(items: Items, done: (result: ExportResult) => void): Promise<void> {
    await this.#send(items, this.#kind.count(items));
    // Success, whatever became of it: the tally knows, and a failure would be a stack trace on the console, each time.
    done({ code: ExportResultCode.SUCCESS });
  }

  async #send(items: Items, count: number): Promise<void> {
    const { serializer, rejected } = this.#kind;
    try {
      if (this.#ending.signal.aborted) throw this.#ending.signal.reason as Error;
      if (this.#sending.size >= this.#config.concurrencyLimit) throw new ExportError('too_many_exports');
      const body = serializer.serializeRequest(items);
      if (!body) throw new ExportError('not_serializable');
      const deadline = this.#clock.monotonic() + this.#config.timeoutMillis;
      const limit = limitOf(this.#clock, this.#config.timeoutMillis);
      const answer = await within({ ...limit, signal: this.#ending.signal }, (signal) =>
        this.#deliver(body, deadline, signal),
      );
      const refused = partial(() => rejected(serializer.deserializeResponse(answer.body)));
      const lost = Math.min(count, refused);
      this.#tally.export(count - lost);
      this.#tally.drop(lost, 'rejected');
    } catch (error) {
      this.#tally.drop(count, wordOf(error));
    }
  }

  /** Sends until the collector takes it, says that it never will, or the time is over. */
  async #deliver(body: Uint8Array, deadline: number, signal: AbortSignal): Promise<Answer> {
    let last: unknown;
    for (let backoff = FIRST_BACKOFF_MS; ; backoff = Math.min(backoff * BACKOFF_FACTOR, LONGEST_BACKOFF_MS)) {
      const { answer, failure, again, afterMs } = await this.#attempt(body, signal);
      if (answer) return answer;
      // What the collector said before tells more than that the time is over.
      if (signal.aborted) throw last ?? signal.reason;
      last = failure;
      const wait = afterMs ?? backoff * (1 + JITTER * (2 * systemRandom.next() - 1));
      if (!again || this.#clock.monotonic() + wait > deadline) throw last;
      await this.#clock.sleep(wait, signal).catch(() => {
        throw last;
      });
    }
  }

  async #attempt(body: Uint8Array, signal: AbortSignal): Promise<Attempt> {
    const { url, headers, compression, agentFactory } = this.#config;
    try {
      this.#agent ??= Promise.resolve(agentFactory(new URL(url).protocol));
      const agent = await this.#agent;
      const answer = await post({ url, headers: await headers(), agent, body, compression, signal });
      const { status, retryAfter } = answer;
      if (status >= 200 && status <= 299) return { answer };
      const said = new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter });
      return {
        failure: new ExportError(`HTTP ${status}`),
        again: RETRYABLE.includes(status),
        afterMs: parseRetryAfter(said, this.#clock.now()),
      };
    } catch (failure) {
      return { failure, again: true };
    }
  }
}

/** What a collector says of a success may be anything; it is a success all the same. */
function partial(read: () => unknown): number {
  try {
    // JSON has 64-bit integers as strings.
    return Math.max(0, Number(read() ?? 0)) || 0;
  } catch {
    return 0;
  }
}
