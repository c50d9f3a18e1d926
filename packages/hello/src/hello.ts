import { LOGGER, checkOptions, option, type Plugin } from '@interpose/core';

/** Options of {@link hello}. */
export interface HelloOptions {
  /** The word of greeting. @default 'hello' */
  greeting?: string;
  /** The level of the line: `debug` or `info`. @default 'info' */
  level?: 'debug' | 'info';
}

/**
 * Greets each call with a line in the log.
 *
 * @throws {ConfigurationError} for a wrong option. Calls never fail of it.
 */
export function hello(options: HelloOptions = {}): Plugin {
  checkOptions('hello', options, { greeting: option.string, level: option.oneOf('debug', 'info') });
  const { greeting = 'hello', level = 'info' } = options;
  return {
    name: 'hello',
    stage: 'observe',
    // A greeting is no reason to lose a call, whatever becomes of the logger.
    onFault: 'open',
    create(container) {
      const logger = container.resolve(LOGGER);
      return (next) => {
        return function hello(call) {
          logger[level]({ callId: call.id }, `${greeting}, ${call.operation.name}`);
          return next(call);
        };
      };
    },
    describe: () => ({ greeting, level }),
  };
}
