import { ConfigurationError, type OptionRule } from '@interpose/core';

/** What can become of something that was found. */
const ACTIONS = ['mask', 'pseudonymise', 'hash', 'block', 'report', 'off'] as const;

/**
 * - `mask`: `[EMAIL]` stands in its place.
 * - `pseudonymise`: `[EMAIL_3fa9c1]` does, the same for the same text of the same tenant; `restore` can undo it.
 * - `hash`: `[EMAIL_0f3a…]` does, with 16 digits, the same for the same text of all tenants; nothing can undo it.
 * - `block`: the call is refused, or the reply ends, with a `RedactionError`.
 * - `report`: it stays, and is told.
 * - `off`: nobody looks for it.
 */
export type Action = (typeof ACTIONS)[number];

/** One action for everything, or one for each rule and detector, by its id, and `default` for all others. */
export type ActionChoice = Action | { readonly [id: string]: Action };

const isAction = (value: unknown): boolean => ACTIONS.includes(value as Action);

/** What an option of this type has to be. */
export const actionRule: OptionRule = [
  (value) =>
    isAction(value) || (typeof value === 'object' && value !== null && Object.values(value).every(isAction)),
  `one of ${ACTIONS.join(', ')}, or an object with one of these for each id`,
];

/**
 * Finds the action for an id.
 *
 * @throws {ConfigurationError} for an id that there is not: a typing error would let something through.
 */
export function actionsOf(
  direction: 'request' | 'reply',
  choice: ActionChoice,
  otherwise: Action,
  ids: readonly string[],
): (id: string) => Action {
  if (typeof choice === 'string') return () => choice;
  for (const id of Object.keys(choice)) {
    if (id !== 'default' && !ids.includes(id))
      throw ConfigurationError.option('redact', direction, 'of rules and detectors that there are', id);
  }
  return (id) => choice[id] ?? choice['default'] ?? otherwise;
}
