import { systemClock, type Clock } from './clock.ts';
import type { DependencyContainer, InjectionToken } from './di.ts';
import type { Events } from './events.ts';
import { consoleLogger, type Logger } from './logger.ts';
import type { Prices } from './prices.ts';
import { systemRandom, type Random } from './random.ts';
import type { Fetch } from './runtime.ts';
import type { TokenCounter } from './token-counter.ts';

/** What ends with the layer: pools, timers, files. */
export interface Lifetime {
  /** Registers something for `layer.close()` to end; the last registered ends first. */
  onClose(end: () => void | Promise<void>): void;
}

/** Takes secrets and personal data out of a text that is about to be logged or recorded. */
export interface Scrubber {
  scrub(text: string): string;
}

/** Time. @default {@link systemClock} */
export const CLOCK: InjectionToken<Clock> = Symbol.for('interpose.CLOCK');
/** Randomness. @default {@link systemRandom} */
export const RANDOM: InjectionToken<Random> = Symbol.for('interpose.RANDOM');
/** Where units log. @default {@link consoleLogger} */
export const LOGGER: InjectionToken<Logger> = Symbol.for('interpose.LOGGER');
/** The network beneath the layer; a client's own `fetch` option wins over it. @default the global `fetch` */
export const FETCH: InjectionToken<Fetch> = Symbol.for('interpose.FETCH');
/** Scrubs what logs and traces show. @default passes text on; `@interpose/redact` provides one that does not */
export const SCRUBBER: InjectionToken<Scrubber> = Symbol.for('interpose.SCRUBBER');
/** What calls cost. @default nobody knows; to be asked for with `container.isRegistered(PRICES, true)` */
export const PRICES: InjectionToken<Prices> = Symbol.for('interpose.PRICES');
/** How many tokens a request comes to. @default nobody counts; to be asked for as {@link PRICES} is */
export const TOKEN_COUNTER: InjectionToken<TokenCounter> = Symbol.for('interpose.TOKEN_COUNTER');
/** The event channel of the layer. Always provided. */
export const EVENTS: InjectionToken<Events> = Symbol.for('interpose.EVENTS');
/** The lifetime of the layer. Always provided. */
export const LIFETIME: InjectionToken<Lifetime> = Symbol.for('interpose.LIFETIME');

/** Registers the default of every token that neither the plugins nor the parent container provide. */
export function registerDefaults(container: DependencyContainer): void {
  const defaults: readonly (readonly [InjectionToken, unknown])[] = [
    [CLOCK, systemClock],
    [RANDOM, systemRandom],
    [LOGGER, consoleLogger],
    [SCRUBBER, { scrub: (text: string) => text } satisfies Scrubber],
    // Looked up at each call, so that a test that replaces the global is obeyed.
    [FETCH, (...args: Parameters<Fetch>) => globalThis.fetch(...args)],
  ];
  for (const [token, value] of defaults) {
    if (!container.isRegistered(token, true)) container.register(token, { useValue: value });
  }
}

/** Says whether a `fetch` is the platform's own, and nobody's in particular. */
export function isPlatformFetch(fetch: unknown): boolean {
  return fetch === globalThis.fetch;
}
