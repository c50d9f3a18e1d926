import type { Conjunction, Planner, Ways } from '../schema/planner.ts';
import type { Plan } from '../schema/plan.ts';

/** A way to keep the schema that a value, as far as it has come, has left open. */
export interface Way {
  readonly plans: Conjunction;
  /** Of the value around this one. */
  readonly parent: Way | undefined;
}

/** The ways in which a value begins, each beneath one of those around it. */
export function opened(ways: Ways, parent: Way | undefined): Way[] {
  return ways.map((plans) => ({ plans, parent }));
}

/** The ways for a value within another: `at` is its key or its index there. */
export function inner<T extends string | number>(
  planner: Planner,
  around: readonly Way[],
  within: (planner: Planner, plan: Plan, at: T) => Ways,
  at: T,
): Way[] {
  const ways: Way[] = [];
  for (const parent of around) {
    for (const plans of planner.together(parent.plans, within, at)) ways.push({ plans, parent });
  }
  return ways;
}

/** The ways around a value that it has left open when it ended. */
export function survivors(around: readonly Way[], within: readonly Way[]): readonly Way[] {
  if (around.length === 1) return around;
  const left = new Set(within.map(({ parent }) => parent));
  return around.filter((way) => left.has(way));
}
