import { ConfigurationError } from './error.ts';
import type { DependencyContainer } from './di.ts';
import type { Events } from './events.ts';
import { withFaultRule } from './fault.ts';
import { STAGES, type Handler, type Interceptor, type Plugin, type StackEntry } from './plugin.ts';

/**
 * Makes plugins of what a stack is written with.
 *
 * @throws {ConfigurationError} for something that is no plugin, or is in the stack twice.
 */
export function stackOf(entries: readonly StackEntry[]): Plugin[] {
  if (!Array.isArray(entries))
    throw ConfigurationError.option('controlLayer', 'plugins', 'an array', entries);
  const stack = entries.map((entry: unknown, index): Plugin => {
    if (typeof entry === 'function') {
      if (isClass(entry)) {
        throw ConfigurationError.option(
          'controlLayer',
          `plugins[${index}]`,
          `injected(${entry.name})`,
          entry,
        );
      }
      return bareInterceptor(entry as Interceptor, index);
    }
    const plugin = entry as Plugin | null | undefined;
    if (typeof plugin !== 'object' || plugin === null || typeof plugin.name !== 'string') {
      throw ConfigurationError.option(
        'controlLayer',
        `plugins[${index}]`,
        'a plugin or an interceptor function',
        entry,
      );
    }
    checkPlugin(plugin);
    return plugin;
  });
  refuseDuplicates(entries, stack);
  return stack;
}

function checkPlugin(plugin: Plugin): void {
  if (plugin.stage !== undefined && !STAGES.includes(plugin.stage)) {
    throw ConfigurationError.option(plugin.name, 'stage', `one of ${STAGES.join(', ')}`, plugin.stage);
  }
  if (plugin.onFault !== undefined && plugin.onFault !== 'open' && plugin.onFault !== 'closed') {
    throw ConfigurationError.option(plugin.name, 'onFault', "'open' or 'closed'", plugin.onFault);
  }
  for (const member of ['register', 'create', 'describe'] as const) {
    if (plugin[member] !== undefined && typeof plugin[member] !== 'function') {
      throw ConfigurationError.option(plugin.name, member, 'a function', plugin[member]);
    }
  }
}

function refuseDuplicates(entries: readonly StackEntry[], stack: readonly Plugin[]): void {
  for (const [index, plugin] of stack.entries()) {
    const named = typeof entries[index] === 'object';
    if (
      entries.indexOf(entries[index] as StackEntry) < index ||
      (named && stack.findIndex((other) => other.name === plugin.name) < index)
    ) {
      const renamed = named
        ? `{ ...${plugin.name}(), name: '...' }`
        : `{ name: '...', create: () => ${plugin.name} }`;
      throw new ConfigurationError(
        `controlLayer: ${plugin.name} is in the stack twice. If both are meant, give one another name: ${renamed}`,
        'duplicate_plugin',
      );
    }
  }
}

function isClass(entry: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(entry));
}

/** A plugin of a bare function, named like it, or else like the handler that it makes. */
function bareInterceptor(interceptor: Interceptor, index: number): Plugin {
  let { name } = interceptor;
  return {
    get name() {
      return name || `interceptor ${index + 1}`;
    },
    create: () => (next) => {
      const link: unknown = interceptor(next);
      if (typeof link === 'function') name ||= link.name;
      return link as Handler;
    },
  };
}

/** Joins the links of a stack, the first outermost, with the provider at the end. Each is built once. */
export function compose(
  stack: readonly Plugin[],
  container: DependencyContainer,
  events: Events,
  terminal: Handler,
): Handler {
  return stack.reduceRight<Handler>((next, plugin) => linked(plugin, next, container, events), terminal);
}

function linked(plugin: Plugin, next: Handler, container: DependencyContainer, events: Events): Handler {
  if (!plugin.create) return next;
  const interceptor: unknown = plugin.create(container);
  if (typeof interceptor !== 'function') {
    throw ConfigurationError.option(
      plugin.name,
      'create()',
      'a function that returns an interceptor',
      interceptor,
    );
  }
  const link: unknown = withFaultRule(plugin, interceptor as (next: Handler) => Handler, events)(next);
  if (typeof link !== 'function') {
    throw ConfigurationError.option(
      plugin.name,
      'its interceptor',
      '(next) => (call) => Promise<Reply>',
      link,
    );
  }
  return link as Handler;
}
