import { checkOptions, option, type Call, type TokenCounter } from '@interpose/core';
import type { Allowance, Encoding } from './encoding.ts';
import { Encodings, encodingOf } from './encodings.ts';
import { inputTokens } from './input.ts';

/** Options of {@link tokens} and {@link tokenCounter}. */
export interface TokensOptions {
  /**
   * How many characters of a request, new to the counter, go to the tokenizer. What is beyond, and was not counted
   * before, counts by its bytes: never too low. @default 20_000
   */
  maxExactChars?: number;
  /** What models are that go by another name: `{ 'my-deployment': 'gpt-4o' }`. @default none */
  aliases?: Readonly<Record<string, string>>;
  /** Loads the encoding of newer models at once, not with the first call: it takes some tenths of a second. @default false */
  preload?: boolean;
}

/**
 * Makes the counter that {@link tokens} provides. The first answer for an encoding is a promise: it is loaded then. Later ones are
 * numbers.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function tokenCounter(options: TokensOptions = {}): TokenCounter {
  checkTokensOptions(options);
  const { maxExactChars = 20_000, aliases = {}, preload = false } = options;
  const encodings = new Encodings();
  // Whoever counts first waits for the same promise, and hears of it if it fails.
  if (preload) void Promise.resolve(encodings.get('o200k_base')).catch(() => {});

  const known = (model: string | undefined): string | undefined =>
    model !== undefined && Object.hasOwn(aliases, model) ? aliases[model] : model;

  function counted(
    model: string | undefined,
    count: (encoding: Encoding, allowance: Allowance) => number,
  ): number | Promise<number> {
    const encoding = encodings.get(encodingOf(model));
    const allowance = { left: maxExactChars };
    return encoding instanceof Promise
      ? encoding.then((loaded) => count(loaded, allowance))
      : count(encoding, allowance);
  }

  return {
    input(call: Call) {
      const model = known(call.model);
      return counted(model, (encoding, allowance) =>
        inputTokens(call, { model, text: (text) => encoding.count(text, allowance) }),
      );
    },
    // A token is at least one byte.
    atMost: (call) =>
      inputTokens(call, { model: known(call.model), text: (text) => Buffer.byteLength(text) }),
    text: (text, model) => counted(known(model), (encoding, allowance) => encoding.count(text, allowance)),
  };
}

/** @throws {ConfigurationError} naming the option that is wrong. */
export function checkTokensOptions(options: TokensOptions): void {
  checkOptions('tokens', options, {
    maxExactChars: option.integer(0),
    aliases: [
      (value) =>
        option.object[0](value) &&
        Object.values(value as object).every((model) => typeof model === 'string' && model !== ''),
      'an object of names and the models they stand for',
    ],
    preload: option.boolean,
  });
}
