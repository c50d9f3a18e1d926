import { checkOptions, option } from '@interpose/core';
import { redactSettings, type RedactOptions } from './redact-options.ts';
import { Redactor, type Surroundings } from './redactor.ts';
import { ruleSets } from './rule-sets.ts';
import type { RuleSet } from './scan/rule-set.ts';
import { ScrubbedCopy } from './scrubbed-copy.ts';
import { editWhole } from './text/text-of.ts';
import { Vault } from './vault.ts';

/** Options of {@link scrubber}. */
export type ScrubberOptions = Pick<RedactOptions, 'rules' | 'allow'>;

/**
 * Makes a function that takes secrets and personal data out of any value: in a text it masks them; of anything else it
 * makes a copy in which all texts are masked, however deep in objects, arrays, maps, sets and errors. To be made once.
 *
 * @throws {ConfigurationError} for a wrong option.
 */
export function scrubber(options: ScrubberOptions = {}): <T>(value: T) => T {
  checkOptions('scrubber', options, { rules: option.any, allow: option.any });
  const settings = redactSettings(options);
  let mask: ((text: string) => string) | undefined;
  // Only when there is something to scrub: rules are dear to prepare.
  const scrub = (text: string): string => (mask ??= masking(ruleSets(settings)(() => 'mask')))(text);
  return (value) => new ScrubbedCopy(scrub).of(value);
}

/** Masks whatever is found in a text. */
export function masking(rules: RuleSet): (text: string) => string {
  const redactor = new Redactor({ rules, direction: 'request', actionOf: () => 'mask', secret: '' });
  const around: Surroundings = { place: '', vault: new Vault('', ''), found: () => {} };
  return (text) => editWhole(redactor.whole(around), text, 'text');
}

/** Takes what the default rules know out of any value; see {@link scrubber}. */
export const scrub: <T>(value: T) => T = /* @__PURE__ */ scrubber();
