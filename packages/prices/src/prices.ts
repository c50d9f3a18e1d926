import { CLOCK, PRICES, type Plugin, type Prices } from '@interpose/core';
import { checkPriceOptions, type PricesOptions } from './options.ts';
import { priceTable } from './price-table.ts';

/**
 * Provides {@link PRICES}: what model calls cost, for whoever in a stack wants to know. It adds no link to the chain, and
 * stands anywhere in the list.
 *
 * @throws {ConfigurationError} for a wrong option. A model without a known price is no error: its price is null.
 */
export function prices(options: PricesOptions = {}): Plugin {
  checkPriceOptions(options);
  const { provider = 'openai', overrides = {}, aliases = {}, serviceTiers = {} } = options;
  return {
    name: 'prices',
    register(container) {
      let table: Prices | undefined;
      container.register(PRICES, {
        // When it is first resolved, all plugins have registered: also one that brings a clock.
        useFactory: () => (table ??= priceTable({ ...options, clock: container.resolve(CLOCK) })),
      });
    },
    describe: () => ({
      provider,
      overrides: Object.keys(overrides),
      aliases: { ...aliases },
      serviceTiers: { ...serviceTiers },
    }),
  };
}
