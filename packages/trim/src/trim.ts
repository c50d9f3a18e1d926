import {
  CLOCK,
  PRICES,
  TOKEN_COUNTER,
  abortable,
  ask,
  type Call,
  type Handler,
  type Plugin,
  type Reply,
} from '@interpose/core';
import { priceTable } from '@interpose/prices';
import { tokenCounter } from '@interpose/tokens';
import { contextLimit } from './limit.ts';
import { trimSettings, type TrimOptions } from './trim-options.ts';
import { Trimmer, trimmed, type Trimming } from './trimmer.ts';

/** The header of a reply that says what of the conversation it does not know. */
const TRIM_HEADER = 'x-interpose-trim';

/**
 * Keeps conversations within a number of tokens: takes out, clears or summarises what is oldest, and never what instructs, the
 * last turn, or a tool's result without its call. For chat and responses; other calls pass.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link TrimError} when what has to stay is too long, unless `onOverflow` is `pass`.
 */
export function trim(options: TrimOptions = {}): Plugin {
  const settings = trimSettings(options);
  const { maxInputTokens, strategies, keep, summarise, onOverflow, onFault } = settings;
  return {
    name: 'trim',
    stage: 'protect',
    onFault,
    describe: () => ({
      maxInputTokens: typeof maxInputTokens === 'function' ? 'custom' : (maxInputTokens ?? 'context window'),
      strategies,
      ...(keep && { keep: 'custom' }),
      ...(summarise && { summarise: { model: summarise.model, maxOutputTokens: summarise.maxOutputTokens } }),
      onOverflow,
      onFault,
    }),
    create(container) {
      const counter = container.isRegistered(TOKEN_COUNTER, true)
        ? container.resolve(TOKEN_COUNTER)
        : tokenCounter();
      const prices = container.isRegistered(PRICES, true) ? container.resolve(PRICES) : priceTable();
      const trimmer = new Trimmer(settings, counter, container.resolve(CLOCK));
      const limitOf = (call: Call): number | undefined => {
        if (typeof maxInputTokens === 'function') return maxInputTokens({ call });
        return maxInputTokens ?? contextLimit(call, prices);
      };

      return (next) => {
        const shortened = async (call: Call, limit: number): Promise<Reply> => {
          const result = await trimmer.fit(call, limit, next);
          return result ? sent(result.call, result.trimming, next) : next(call);
        };
        return function trim(call) {
          const limit = call.operation.conversation ? limitOf(call) : undefined;
          if (limit === undefined) return next(call);
          // Most calls are far below, and that takes no tokenizer to see.
          const most = counter.atMost?.(call);
          if (most !== undefined && most <= limit) return next(call);
          const counted = counter.input(call);
          const go = (tokens: number): Promise<Reply> =>
            tokens <= limit ? ask(next, call) : shortened(call, limit);
          return typeof counted === 'number' ? go(counted) : abortable(counted, call.signal).then(go);
        };
      };
    },
  };
}

async function sent(call: Call, trimming: Trimming, next: Handler): Promise<Reply> {
  const { events } = call.runtime;
  if (events.active) events.emit(trimmed, 'trim', call, trimming);
  const { dropped, cleared, summarised, before, after } = trimming;
  const told = Object.entries({ dropped, cleared, summarised, before, after });
  return (await ask(next, call)).setHeader(
    TRIM_HEADER,
    told.map(([name, value]) => `${name}=${value}`).join(', '),
  );
}
