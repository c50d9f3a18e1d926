import { CLOCK, SCRUBBER, type Plugin } from '@interpose/core';
import { DemandReader, type Demands } from './demands.ts';
import { tolerate } from './faults.ts';
import { Schemas } from './schema/schemas.ts';
import { Validation } from './validation.ts';
import { validateSettings, type ValidateOptions } from './validate-options.ts';

// Of a service that is sent schemas by its own users, those that were used last.
const MAX_SCHEMAS = 500;

/**
 * Hands on answers that keep their shape and the caller's rules: those that their requests ask for (`response_format`,
 * `text.format`, the parameters of functions) and those that are given here. What is nearly right is put right; what is
 * not is asked for again, with what was wrong; a stream that cannot become right is stopped.
 *
 * @throws {ConfigurationError} for a wrong option.
 * Calls reject with {@link InvalidOutputError}, and streams end with it; with {@link FaultError} where a check broke.
 */
export function validate(options: ValidateOptions = {}): Plugin {
  const settings = validateSettings(options);

  return {
    name: 'validate',
    stage: 'verify',
    describe: settings.describe,
    create(container) {
      const scrubber = container.resolve(SCRUBBER);
      const scrub = (text: string): string => scrubber.scrub(text);
      const demands = new DemandReader(settings, new Schemas(MAX_SCHEMAS));
      const validation = new Validation({ settings, clock: container.resolve(CLOCK), scrub });

      return (next) => {
        return function validate(call) {
          let asked: Demands | undefined;
          try {
            asked = demands.of(call);
          } catch (error) {
            // Of the functions that choose calls and schemas.
            tolerate(error, call, settings.onFault === 'open');
          }
          return asked ? validation.answer(call, asked, next) : next(call);
        };
      };
    },
  };
}
