import type { Call } from './call.ts';
import type { DependencyContainer, InjectionToken } from './di.ts';
import type { FailureKind } from './failure.ts';
import type { Reply } from './reply.ts';

/** Answers a call: the provider at the end of the chain, or a unit with everything beneath it. */
export type Handler = (call: Call) => Promise<Reply>;

/**
 * Wraps a handler into another. `next` may be called not at all (a cache), once, or many times (a retry).
 * One interceptor serves plain and streamed replies.
 */
export type Interceptor = (next: Handler) => Handler;

/** Where in a stack a plugin belongs, outermost first. */
export const STAGES = ['observe', 'protect', 'reuse', 'verify', 'recover', 'spend', 'attempt'] as const;

/** See {@link STAGES}. */
export type Stage = (typeof STAGES)[number];

/** A unit of a stack: services that it provides, and the link that it adds to the chain. Both are optional. */
export interface Plugin {
  readonly name: string;
  /** Where it belongs; one without a stage stands where it is put. */
  readonly stage?: Stage;
  /**
   * What happens when its own machinery breaks: the call goes on without it (`open`), or is refused
   * (`closed`). @default errors pass as they are
   */
  readonly onFault?: 'open' | 'closed';
  /** Whether it sends a call again, so that the client's own retries have to be off. @default false */
  readonly retries?: boolean;
  /** Failures after which a reply must not end as if nothing had happened, but with a typed error. */
  readonly failOn?: readonly FailureKind[];
  /** Registers services. Called for every plugin before any `create`. */
  register?(container: DependencyContainer): void;
  /** Builds the link. Called once per layer; nothing is resolved during a call. */
  create?(container: DependencyContainer): Interceptor;
  /** Its settings, for `layer.describe()`. No secrets. */
  describe?(): Record<string, unknown>;
}

/** What a stack is written with: plugins, or bare interceptors where no services are needed. */
export type StackEntry = Plugin | Interceptor;

/** A class that the container can build and that intercepts. */
export type InterceptorClass = new (...args: never[]) => { intercept(next: Handler): Handler };

/**
 * Makes a plugin of a decorated class: the container builds it, with what it injects, once per layer.
 *
 * @param settings the plugin's name (by default the class's), stage and the rest.
 */
export function injected(
  Class: InterceptorClass,
  settings: Partial<Pick<Plugin, 'name' | 'stage' | 'onFault' | 'retries' | 'failOn'>> = {},
): Plugin {
  return {
    name: Class.name,
    ...settings,
    create(container) {
      const instance = container.resolve(Class as new (...args: unknown[]) => InstanceType<InterceptorClass>);
      return (next) => instance.intercept(next);
    },
  };
}

/** A plugin that only provides `value` under `token`: a store, a clock, a logger. */
export function provide<T>(token: InjectionToken<T>, value: T, name?: string): Plugin {
  return {
    name: name ?? `provide(${nameOf(token)})`,
    register: (container) => {
      container.register(token, { useValue: value });
    },
  };
}

function nameOf(token: InjectionToken): string {
  if (typeof token === 'string') return token;
  return (
    (typeof token === 'symbol' ? token.description : typeof token === 'function' ? token.name : '') ?? ''
  );
}
