import type { Plugin } from '@interpose/core';
import { priceTable } from '@interpose/prices';
import { tokenCounter } from '@interpose/tokens';
import { shown } from './limit.ts';
import { budgetSettings, type BudgetOptions } from './options.ts';
import { Spender } from './spender.ts';

/**
 * Keeps what calls cost within limits: holds what a call may come to before it is sent, and settles what it came to,
 * whatever became of it.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link BudgetExceededError} when a limit has not enough left, with {@link UnpricedModelError} when a
 * price is not known, and with `FaultError` when the ledger fails, unless `onFault` is `open`.
 */
export function budget(options: BudgetOptions): Plugin {
  const settings = budgetSettings(options);
  const { rules, onExceed, unknownModel, onFault, leaseMs } = settings;
  return {
    name: 'budget',
    stage: 'spend',
    onFault,
    describe: () => ({
      limits: rules.map(({ name, cap, unit }) => `${name}: ${shown(cap, unit)}`),
      onExceed,
      unknownModel,
      onFault,
      leaseMs,
    }),
    create(container) {
      const spender = new Spender(container, settings, { counter: tokenCounter(), prices: priceTable() });
      return (next) =>
        function budget(call) {
          return spender.spend(call, next);
        };
    },
  };
}
