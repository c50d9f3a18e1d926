import { BIT, typeOf, type Plan } from '../schema/plan.ts';
import { expected } from '../violation.ts';
import { couldBecome } from './number-prefix.ts';

/** What a plan says to a value that begins; undefined where it may go on. @param bit the type that it shows */
export function brokenByStart(plan: Plan, bit: number): string | undefined {
  if ((plan.types & bit) !== 0) return undefined;
  return plan.values ? expected.values(plan.values) : expected.type(plan.typeNames);
}

/** What a plan says to a text of which so much has come. @param length in characters, as schemas count them */
export function brokenByText(plan: Plan, text: string, length: number): string | undefined {
  if (length > plan.maxLength) return expected.maxLength(plan.maxLength);
  const { values } = plan;
  if (values && !values.some((value) => typeof value === 'string' && value.startsWith(text))) {
    return expected.values(values);
  }
  return undefined;
}

/** What a plan says to a whole text. */
export function brokenByWholeText(plan: Plan, text: string, length: number): string | undefined {
  if (length < plan.minLength) return expected.minLength(plan.minLength);
  if (plan.values && !plan.values.includes(text)) return expected.values(plan.values);
  if (plan.pattern && !plan.pattern.test(text)) return expected.pattern(plan.pattern.source);
  if (plan.format && !plan.format.test(text)) return expected.format(plan.format.source);
  return undefined;
}

/** What a plan says to the beginning of a number. */
export function brokenByDigits(plan: Plan, text: string): string | undefined {
  const { values } = plan;
  if (values && !values.some((value) => typeof value === 'number' && couldBecome(text, value))) {
    return expected.values(values);
  }
  return undefined;
}

/** What a plan says to a number. */
export function brokenByNumber(plan: Plan, value: number): string | undefined {
  if (plan.values && !plan.values.includes(value)) return expected.values(plan.values);
  // Too large to be a number here: nobody can tell.
  if (plan.integer && Number.isFinite(value) && !Number.isInteger(value))
    return expected.type(plan.typeNames);
  const bound = plan.bounds.find(({ holds, limit }) => !holds(value, limit));
  if (bound) return expected.bound(bound.words, bound.limit);
  if (plan.multipleOf !== undefined && plan.multipleOf !== 0 && !Number.isInteger(value / plan.multipleOf)) {
    return expected.multipleOf(plan.multipleOf);
  }
  return undefined;
}

/** What a plan says to `true`, `false` or `null`, which its first letter tells. */
export function brokenByLiteral(plan: Plan, value: boolean | null): string | undefined {
  const wrong = brokenByStart(plan, BIT[typeOf(value)]);
  if (wrong !== undefined || !plan.values) return wrong;
  return plan.values.includes(value) ? undefined : expected.values(plan.values);
}
