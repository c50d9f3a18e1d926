import { fail } from 'node:assert';
import { fakeProvider } from '../fake-provider/fake-provider.ts';
import { rig } from './rig.ts';
import type { Rule, Subject } from './subject.ts';

/** The rules on what an interceptor says of itself. */
export const description: readonly Rule[] = [['describes itself as data', asData]];

async function asData(subject: Subject): Promise<void> {
  using one = rig(subject, fakeProvider.inProcess().fetch);
  for (const { name, settings } of one.layer.describe().units) {
    if (name.startsWith('suite: ')) continue;
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) {
      fail(`describe() of ${name} returns ${String(settings)}. Return an object with its settings.`);
    }
    const found = notData(settings, 'describe()', []);
    if (found !== undefined) {
      fail(
        `${found}, in what ${name} says of itself. Describe settings as strings, numbers, booleans, arrays and plain ` +
          "objects that survive JSON: a function as 'custom', no limit as 'none'.",
      );
    }
  }
  // People look at it too.
  if (String(one.layer.describe()) === '') fail('The picture of the stack is empty.');
}

function notData(value: unknown, place: string, above: readonly unknown[]): string | undefined {
  if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean')
    return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${place} is ${value}`;
  if (typeof value !== 'object') return `${place} is a ${typeof value}`;
  if (above.includes(value)) return `${place} refers back to itself`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) {
    return `${place} is a ${value.constructor?.name ?? 'object'}`;
  }
  for (const [name, part] of Object.entries(value)) {
    const found = notData(part, `${place}.${name}`, [...above, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}
