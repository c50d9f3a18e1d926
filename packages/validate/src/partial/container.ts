import { allowsKeyPrefix, type Plan } from '../schema/plan.ts';
import { expected } from '../violation.ts';
import type { Frame } from './frame.ts';

/** What a plan says to one more item, after so many. */
export function brokenByItem({ maxItems }: Plan, items: number): string | undefined {
  return items >= maxItems ? expected.maxItems(maxItems) : undefined;
}

/** What a plan says to a key that begins so. */
export function brokenByKeyPrefix(plan: Plan, key: string): string | undefined {
  return allowsKeyPrefix(plan, key) ? undefined : expected.closed;
}

/** What a plan says to so many properties. */
export function brokenByProperties({ maxProperties }: Plan, count: number): string | undefined {
  return count > maxProperties ? expected.maxProperties(maxProperties) : undefined;
}

/** What a plan says to an object that ends. */
export function brokenByEndOfObject({ required, minProperties }: Plan, { keys }: Frame): string | undefined {
  for (const name of required) if (!keys.has(name)) return expected.required(name);
  return keys.size < minProperties ? expected.minProperties(minProperties) : undefined;
}

/** What a plan says to a list that ends. */
export function brokenByEndOfList({ minItems }: Plan, { items }: Frame): string | undefined {
  return items < minItems ? expected.minItems(minItems) : undefined;
}
