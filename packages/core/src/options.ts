import { ConfigurationError } from './error.ts';

/** What an option has to be: a test, and the words for it in the error. */
export type OptionRule = readonly [accepts: (value: unknown) => boolean, expected: string];

/** Rules that most units need. Each accepts `undefined`, which stands for the default. */
export const option: {
  integer(min: number, max?: number): OptionRule;
  number(min: number, max?: number): OptionRule;
  boolean: OptionRule;
  function: OptionRule;
  string: OptionRule;
  object: OptionRule;
  oneOf(...values: readonly string[]): OptionRule;
  any: OptionRule;
} = {
  integer: (min, max = Infinity) => [
    (v) => Number.isInteger(v) && (v as number) >= min && (v as number) <= max,
    `an integer ${range(min, max)}`,
  ],
  number: (min, max = Infinity) => [
    (v) => typeof v === 'number' && v >= min && v <= max,
    `a number ${range(min, max)}`,
  ],
  boolean: [(v) => typeof v === 'boolean', 'true or false'],
  function: [(v) => typeof v === 'function', 'a function'],
  string: [(v) => typeof v === 'string' && v !== '', 'a non-empty string'],
  object: [(v) => typeof v === 'object' && v !== null && !Array.isArray(v), 'an object'],
  oneOf: (...values) => [
    (v) => values.includes(v as string),
    `one of ${values.map((v) => `'${v}'`).join(', ')}`,
  ],
  any: [() => true, 'anything'],
};

function range(min: number, max: number): string {
  return max === Infinity ? `>= ${min}` : `from ${min} to ${max}`;
}

/**
 * Checks the options of a unit when it is constructed, so that a mistake shows at start-up and not in a call.
 *
 * @throws {ConfigurationError} naming the unit, the option, what it must be, and what it was.
 */
export function checkOptions(
  unit: string,
  options: unknown,
  rules: Readonly<Record<string, OptionRule>>,
): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw ConfigurationError.option(unit, 'options', 'an object', options);
  }
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (!rule) {
      const known = Object.keys(rules).join(', ');
      throw new ConfigurationError(`${unit}: unknown option ${name}; known are ${known}`, 'invalid_option');
    }
    if (value !== undefined && !rule[0](value)) throw ConfigurationError.option(unit, name, rule[1], value);
  }
}
