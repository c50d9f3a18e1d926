import { checkOptions, option } from '@interpose/core';
import { redactSettings, type RedactOptions } from './redact-options.ts';
import { Redactor } from './redactor.ts';
import { defaultRules } from './rules/index.ts';
import { ScrubbedCopy } from './scrubbed-copy.ts';
import { editWhole } from './text/text-of.ts';
import { Vault } from './vault.ts';

/** Options of {@link scrubber}. */
export type ScrubberOptions = Pick<RedactOptions, 'rules' | 'allow'>;

/**
 * Makes a function that takes secrets and personal data out of any value: in a text it masks them; of anything else it
 * makes a copy in which all texts are masked, however deep in objects, arrays, maps, sets and errors. Makes it once: rules
 * are dear to prepare.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function scrubber(options: ScrubberOptions = {}): <T>(value: T) => T {
  checkOptions('scrubber', options, { rules: option.any, allow: option.any });
  const { rules = defaultRules } = options;
  const { allows, kinds } = redactSettings(options);
  let redactor: Redactor | undefined;
  const vault = new Vault('', '');
  const text = (value: string): string => {
    // Only when there is something to scrub: many layers never log.
    redactor ??= new Redactor({
      rules,
      direction: 'request',
      actionOf: () => 'mask',
      allows,
      kinds,
      secret: '',
    });
    return editWhole(redactor.whole({ place: '', vault, found: () => {} }), value, 'text');
  };
  return (value) => new ScrubbedCopy(text).of(value);
}

/** Takes what the default rules know out of any value; see {@link scrubber}. */
export const scrub: <T>(value: T) => T = /* @__PURE__ */ scrubber();
