import {
  CLOCK,
  EVENTS,
  LIFETIME,
  SCRUBBER,
  ask,
  attempted,
  checkOptions,
  classify,
  consoleLogger,
  contextKey,
  faulted,
  findInterposeError,
  option,
  type Call,
  type ContextKey,
  type DependencyContainer,
  type Interceptor,
  type Logger,
  type Plugin,
} from '@interpose/core';
import { entryOf, type EndedCall } from './entry.ts';
import { scrubbed, scrubbedTags } from './scrubbed.ts';
import { LEVELS, isLogger, writer, type LogLevel, type Write } from './writer.ts';

/** Options of {@link log}. */
export interface LogOptions {
  /** Gets the lines; one of pino fits as it is. @default the layer's LOGGER; where that is the console, lines for people */
  logger?: Logger;
  /** The level of calls that completed, or that their callers gave up. Failures are warnings. @default 'info' */
  level?: LogLevel;
  /** Adds fields to a line. Those of the line itself win; strings are scrubbed. @default none */
  fields?: (ended: EndedCall) => Readonly<Record<string, unknown>>;
}

interface Sent {
  count: number;
}

const LOGGER_RULE = [isLogger, 'an object with debug, info, warn and error'] as const;

/**
 * Logs one line for each call, when it has ended: for a stream, with its last event. Says what it was, how long
 * it took, what it cost in tokens and how it ended; never what was asked or answered.
 *
 * @throws {ConfigurationError} for a wrong option. Calls never fail of it: what its logger or `fields` throws is
 * reported as a fault.
 */
export function log(options: LogOptions = {}): Plugin {
  checkOptions('log', options, {
    logger: LOGGER_RULE,
    level: option.oneOf(...LEVELS),
    fields: option.function,
  });
  const { logger, level = 'info', fields } = options;
  return {
    name: 'log',
    stage: 'observe',
    create: (container) => build(container, writer(container, logger), level, fields),
    describe: () => ({
      level,
      logger: logger ? 'custom' : 'default',
      fields: fields ? 'custom' : 'none',
    }),
  };
}

function build(
  container: DependencyContainer,
  write: Write,
  level: LogLevel,
  fields: LogOptions['fields'],
): Interceptor {
  const clock = container.resolve(CLOCK);
  const scrubber = container.resolve(SCRUBBER);
  const events = container.resolve(EVENTS);
  // Travels inwards with the call, so that each request that is sent for it is counted where it belongs.
  const sentFor: ContextKey<Sent | undefined> = contextKey<Sent | undefined>(undefined, 'log.sent');
  const stop = events.on(attempted, ({ call }) => {
    const sent = call.get(sentFor);
    if (sent) sent.count++;
  });
  container.resolve(LIFETIME).onClose(stop);

  let reported = false;
  function fault(what: string, call: Call, error: unknown): void {
    events.emit(faulted, 'log', call, { error, open: true });
    // Its name only: what it says may be of the call.
    const name = error instanceof Error ? error.name : typeof error;
    if (!reported) consoleLogger.error({ error: name }, `log: ${what} failed; the calls go on`);
    reported = true;
  }

  function guarded<T>(what: string, call: Call, work: () => T, instead: T): T {
    try {
      return work();
    } catch (error) {
      fault(what, call, error);
      return instead;
    }
  }

  function report(ended: EndedCall, latencyMs: number, attempts: number): void {
    const { call } = ended;
    const tags = guarded('the scrubber', call, () => scrubbedTags(call.tags, scrubber), {});
    const entry = entryOf(ended, latencyMs, attempts, tags);
    const extra = fields && guarded('fields', call, () => scrubbed(fields(ended), scrubber) as object, {});
    const failed = entry.outcome === 'failed' || entry.outcome === 'truncated' || entry.outcome === 'refused';
    const done = guarded(
      'the logger',
      call,
      () => write(failed ? 'warn' : level, entry, extra && { ...extra }),
      undefined,
    );
    if (done instanceof Promise) done.catch((error: unknown) => fault('the logger', call, error));
  }

  return (next) =>
    // No async function: its frame would be held for as long as the provider takes.
    function log(call) {
      const startedAt = clock.monotonic();
      const sent: Sent = { count: 0 };
      return ask(next, call.with({ context: [[sentFor, sent]] })).then(
        (reply) => {
          void reply.outcome.then((outcome) => {
            const { failure } = outcome;
            report({ call, reply, outcome, failure }, clock.monotonic() - startedAt, sent.count);
          });
          return reply;
        },
        (error: unknown) => {
          const failure = classify(error, call.signal);
          const reply = findInterposeError(error)?.reply;
          report({ call, reply, failure }, clock.monotonic() - startedAt, sent.count);
          throw error;
        },
      );
    };
}
