import { milliseconds, within, type Clock, type Duration, type Logger } from '@interpose/core';
import { logs } from '@opentelemetry/api';
import { wordOf } from './export-error.ts';
import { unregister } from './globals.ts';
import type { Notices } from './notices.ts';
import { UNIT } from './options.ts';
import type { AnyExporter } from './pipeline.ts';
import { recordLogger } from './record-logger.ts';
import { SIGNALS, type Signal, type SignalReport, type Tally } from './tally.ts';
import { TimeOver, limitOf } from './time-over.ts';

/** What became of the telemetry since the start. */
export interface TelemetryReport {
  readonly spans: SignalReport;
  /** In data points. */
  readonly metrics: SignalReport;
  readonly logs: SignalReport;
  /** Whether the time was over before all was done. */
  readonly timedOut: boolean;
  /** Why something was last lost, in a word: `ECONNREFUSED`, `HTTP 503`, `timeout`, ... */
  readonly error?: string;
}

/** A started SDK. */
export interface Telemetry {
  /** Writes log records, in the trace that is active. */
  readonly logger: Logger;
  /**
   * Exports what there is. Never rejects.
   *
   * @param timeout how long it takes at most. Default: `shutdownTimeout`.
   */
  flush(timeout?: Duration): Promise<TelemetryReport>;
  /**
   * Exports what there is and ends the SDK; no timer and no connection stays. Never rejects. Called again, it gives
   * the same report.
   *
   * @param timeout how long it takes at most. Default: `shutdownTimeout`.
   */
  shutdown(timeout?: Duration): Promise<TelemetryReport>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a started SDK is made of. */
export interface TelemetryParts {
  readonly sdk: { shutdown(): Promise<void> };
  /** Processors and readers. */
  readonly units: readonly { forceFlush(): Promise<void> }[];
  readonly exporters: readonly AnyExporter[];
  readonly tallies: Readonly<Record<Signal, Tally>>;
  readonly notices: Notices;
  readonly clock: Clock;
  /** Of a flush and a shutdown, where none is given. */
  readonly timeout: Duration;
  /** Whether it is in the OpenTelemetry API, which one that is disabled is not. */
  readonly registered: boolean;
}

// For what is left to be counted once everything is given up: nothing is sent any more.
const COUNTING_MS = 100;

/** See {@link Telemetry}. */
export class RunningTelemetry implements Telemetry {
  readonly logger: Logger = recordLogger(logs.getLogger('@interpose/telemetry'));
  readonly #parts: TelemetryParts;
  #last: Promise<unknown> = Promise.resolve();
  #error: string | undefined;
  #ended: Promise<TelemetryReport> | undefined;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
  }

  async flush(timeout: Duration = this.#parts.timeout): Promise<TelemetryReport> {
    if (this.#ended) return this.#ended;
    const { units, exporters } = this.#parts;
    const timedOut = await this.#inTurn(timeout, async () => {
      await Promise.allSettled(units.map((unit) => unit.forceFlush()));
      await Promise.all(exporters.map((exporter) => exporter.forceFlush()));
    });
    return this.#report(timedOut);
  }

  shutdown(timeout: Duration = this.#parts.timeout): Promise<TelemetryReport> {
    this.#ended ??= this.#end(timeout);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #end(timeout: Duration): Promise<TelemetryReport> {
    const { sdk, exporters, tallies, notices, clock, registered } = this.#parts;
    const timedOut = await this.#inTurn(timeout, () => sdk.shutdown());
    await Promise.all(exporters.map((exporter) => exporter.end()));
    await within(limitOf(clock, COUNTING_MS), () => this.#last).catch(() => {});
    for (const signal of SIGNALS) tallies[signal].close();
    if (registered) unregister();
    notices.tell();
    return this.#report(timedOut);
  }

  /** Does the work after what was asked for before: the SDK's processors skip what is flushed while they flush. */
  async #inTurn(timeout: Duration, work: () => Promise<unknown>): Promise<boolean> {
    const turn = this.#last.then(work).catch((error: unknown) => {
      this.#error = wordOf(error);
    });
    this.#last = turn;
    try {
      await within(limitOf(this.#parts.clock, this.#limit(timeout)), () => turn);
      return false;
    } catch (error) {
      return error instanceof TimeOver;
    }
  }

  /** The end of a process is no place to learn of a mistyped duration. */
  #limit(timeout: Duration): number {
    try {
      return milliseconds(timeout, UNIT, 'timeout');
    } catch {
      return milliseconds(this.#parts.timeout, UNIT, 'shutdownTimeout');
    }
  }

  #report(timedOut: boolean): TelemetryReport {
    const { spans, metrics, logs } = this.#parts.tallies;
    const error = this.#parts.notices.lastError ?? this.#error;
    return {
      spans: spans.report,
      metrics: metrics.report,
      logs: logs.report,
      timedOut,
      ...(error !== undefined && { error }),
    };
  }
}
