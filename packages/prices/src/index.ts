// For users.
export { prices } from './prices.ts';
export { priceTable } from './price-table.ts';
export type { PricesOptions, PriceTableOptions } from './options.ts';
export type { ListedRates } from './rates.ts';
export type { Multiplier } from './openai.ts';
