import { dialectOf } from './dialect.ts';
import { planOf, type Plan } from './plan.ts';

/** Plans that a value has to keep together. */
export type Conjunction = readonly Plan[];

/** Ways in which a schema can be kept: one of them suffices. With none, nothing keeps it. */
export type Ways = readonly Conjunction[];

const ANYTHING: Ways = [[]];
const NOTHING: Ways = [];
// A schema with more is followed less closely, and judged when the answer is whole.
const MAX_WAYS = 64;

type Schema = Readonly<Record<string, unknown>>;

/** What the planner may not go by. */
export interface PlannerOptions {
  /** Whether `format` is a rule. */
  readonly formats: boolean;
}

/** Takes a schema apart into ways to keep it, as far as a value needs them while it comes. */
export class Planner {
  readonly #root: unknown;
  readonly #formats: boolean;
  /** Whether references can be followed by their pointers alone. */
  readonly #plainRefs: boolean;
  readonly #alone: boolean;
  readonly #ways = new Map<unknown, Ways>();

  constructor(root: unknown, { formats }: PlannerOptions = { formats: true }) {
    this.#root = root;
    this.#formats = formats;
    this.#plainRefs = !hasInnerBase(root, true);
    // In these drafts a reference is alone: what stands beside it does not count.
    this.#alone = dialectOf(root) === 'draft-07';
  }

  /** The ways to keep the whole schema. */
  get root(): Ways {
    return this.of(this.#root);
  }

  /** The ways to keep a schema within it. */
  of(schema: unknown): Ways {
    if (schema === false) return NOTHING;
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return ANYTHING;
    const known = this.#ways.get(schema);
    if (known !== undefined) return known;
    // Until it is known: a schema that refers to itself without a value between says nothing by that.
    this.#ways.set(schema, ANYTHING);
    const ways = this.#expanded(schema as Schema);
    this.#ways.set(schema, ways);
    return ways;
  }

  /** The ways to keep what each of several plans asks of a value within. */
  together<T>(plans: Conjunction, within: (planner: Planner, plan: Plan, at: T) => Ways, at: T): Ways {
    let ways = ANYTHING;
    for (const plan of plans) ways = both(ways, within(this, plan, at));
    return ways;
  }

  /** The ways to keep the schemas of a property, by one plan. */
  ofProperty(plan: Plan, key: string): Ways {
    const known = plan.properties.get(key);
    let ways = known === undefined ? ANYTHING : this.of(known);
    let named = known !== undefined;
    for (const [pattern, schema] of plan.patternProperties) {
      if (!pattern.test(key)) continue;
      named = true;
      ways = both(ways, this.of(schema));
    }
    return named || plan.additional === undefined ? ways : this.of(plan.additional);
  }

  /** The ways to keep the schema of an item, by one plan. */
  ofItem({ prefixItems, items }: Plan, index: number): Ways {
    const schema = index < prefixItems.length ? prefixItems[index] : items;
    return schema === undefined ? ANYTHING : this.of(schema);
  }

  #expanded(schema: Schema): Ways {
    const { $ref, allOf, anyOf, oneOf } = schema;
    const referred = typeof $ref === 'string' ? this.of(this.#resolve($ref)) : ANYTHING;
    if (typeof $ref === 'string' && this.#alone) return referred;
    let ways = both([[planOf(schema, this.#formats)]], referred);
    for (const part of listOf(allOf)) ways = both(ways, this.of(part));
    for (const group of [listOf(anyOf), listOf(oneOf)]) {
      if (group.length === 0) continue;
      const either = group.flatMap((part) => this.of(part));
      if (either.length <= MAX_WAYS) ways = both(ways, either);
    }
    return ways;
  }

  /** What a reference into the same schema refers to; a schema that allows everything where that is not known. */
  #resolve(ref: string): unknown {
    if (!this.#plainRefs || (ref !== '#' && !ref.startsWith('#/'))) return true;
    let at = this.#root;
    for (const step of ref.split('/').slice(1)) {
      if (typeof at !== 'object' || at === null) return true;
      at = (at as Schema)[unescaped(step)];
    }
    return at === undefined ? true : at;
  }
}

/** Ways to keep both: each of the ones with each of the others, as long as they are few. */
function both(ones: Ways, others: Ways): Ways {
  if (others === ANYTHING) return ones;
  if (ones === ANYTHING) return others;
  if (ones.length * others.length > MAX_WAYS) return ones;
  return ones.flatMap((one) => others.map((other) => [...new Set([...one, ...other])]));
}

function unescaped(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}

/** Whether something within a schema is the base of references of its own. */
function hasInnerBase(schema: unknown, isRoot: boolean): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { $id, $dynamicRef, $recursiveRef } = schema as Schema;
  if (!isRoot && typeof $id === 'string') return true;
  if (typeof $dynamicRef === 'string' || typeof $recursiveRef === 'string') return true;
  return Object.values(schema).some((part) => hasInnerBase(part, false));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
