import { ConfigurationError } from './error.ts';
import { STAGES, type Plugin, type Stage } from './plugin.ts';

/** What goes wrong when a plugin of the first stage stands inside one of the second. */
const CONSEQUENCES: Readonly<Record<Stage, string>> = {
  observe: 'it would not see what the units outside it do: their hits, refusals and retries',
  protect: 'the units outside it would go without its protection: what they keep, count, compare or wait for',
  reuse: 'a hit would be counted, limited or retried by the units outside it, though it costs nothing',
  verify: 'the units outside it would act on answers that are not verified yet',
  recover: 'the units outside it would account for all of its tries as one',
  spend: 'the units outside it would act on single tries before they are charged',
  attempt: 'it would work on the whole call instead of on one try',
};

/**
 * Checks that a stack is in the order of its stages.
 *
 * @throws {ConfigurationError} naming two plugins that are the wrong way round, what goes wrong, and an order
 * that works.
 */
export function checkOrder(plugins: readonly Plugin[]): void {
  const staged = plugins.filter((plugin) => plugin.stage !== undefined);
  for (const [index, inner] of staged.entries()) {
    const outer = staged.slice(0, index).findLast((plugin) => rank(plugin) > rank(inner));
    if (!outer) continue;
    throw new ConfigurationError(
      `controlLayer: ${inner.name} (stage '${inner.stage}') must stand before ${outer.name} ` +
        `(stage '${outer.stage}'). As it is, ${CONSEQUENCES[inner.stage as Stage]}. ` +
        `This order works: [${sorted(plugins)
          .map((plugin) => plugin.name)
          .join(', ')}]. To keep yours, pass { order: 'as-given' }.`,
      'invalid_order',
    );
  }
}

/** Sorts by stage, keeping the order within a stage; a plugin without one stays with the plugin before it. */
function sorted(plugins: readonly Plugin[]): Plugin[] {
  let rankBefore = 0;
  return plugins
    .map((plugin) => ({
      plugin,
      rank: (rankBefore = plugin.stage === undefined ? rankBefore : rank(plugin)),
    }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ plugin }) => plugin);
}

function rank(plugin: Plugin): number {
  return STAGES.indexOf(plugin.stage as Stage);
}
