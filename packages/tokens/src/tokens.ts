import { TOKEN_COUNTER, type Plugin, type TokenCounter } from '@interpose/core';
import { checkTokensOptions, tokenCounter, type TokensOptions } from './token-counter.ts';

/**
 * Provides {@link TOKEN_COUNTER}: how many tokens a call comes to, for whoever in a stack has to know before it is sent. It
 * adds no link to the chain, and stands anywhere in the list.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function tokens(options: TokensOptions = {}): Plugin {
  checkTokensOptions(options);
  const { maxExactChars = 20_000, aliases = {}, preload = false } = options;
  return {
    name: 'tokens',
    register(container) {
      let counter: TokenCounter | undefined;
      const build = (): TokenCounter => (counter ??= tokenCounter(options));
      // With the layer, where it is asked to; or else when somebody first asks for it.
      if (preload) build();
      container.register(TOKEN_COUNTER, { useFactory: build });
    },
    describe: () => ({ maxExactChars, aliases: { ...aliases }, preload }),
  };
}
