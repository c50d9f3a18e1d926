import type { Pattern } from '../pattern/pattern.ts';
import { ASCII, unitsOf, type UnitSet } from '../pattern/units.ts';
import type { CompiledRule } from './compiled-rule.ts';

/**
 * The patterns of all rules as one automaton whose states are their atoms (Glushkov). It takes more than the patterns do:
 * boundaries always hold, and what may be repeated may be so without end. So whatever it holds for dead is.
 */
export class LiveProgram {
  readonly rules: readonly CompiledRule[];
  /** The rule of a state. */
  readonly ruleOf: Int32Array;
  /** Whether a match may end in a state. */
  readonly ends: Uint8Array;
  /** Whether what goes on after a state can still change what comes of it. */
  readonly goesOn: Uint8Array;
  /** The states after a state: those from `followFrom[state]` to `followFrom[state + 1]`. */
  readonly follow: Int32Array;
  readonly followFrom: Int32Array;
  /** The set of units of a state, and for each set 128 flags. */
  readonly setOf: Int32Array;
  readonly ascii: Uint8Array;
  readonly #others: readonly (((unit: string) => boolean) | undefined)[];
  readonly #first: readonly number[];
  /** The states in which a match may begin, by its first unit. */
  readonly #firstByCode: readonly Int32Array[];

  constructor(rules: readonly CompiledRule[]) {
    this.rules = rules;
    const build = new Build();
    this.#first = rules.flatMap((rule, index) => build.rule(rule, index));
    this.ruleOf = Int32Array.from(build.states, ({ rule }) => rule);
    this.ends = Uint8Array.from(build.states, ({ ends }) => (ends ? 1 : 0));
    this.goesOn = Uint8Array.from(build.states, ({ rule, follow }) =>
      follow.size > 0 || rules[rule]?.looksAhead === true ? 1 : 0,
    );
    this.follow = Int32Array.from(build.states.flatMap(({ follow }) => [...follow]));
    this.followFrom = new Int32Array(build.states.length + 1);
    build.states.forEach(({ follow }, state) => {
      this.followFrom[state + 1] = (this.followFrom[state] as number) + follow.size;
    });
    this.setOf = Int32Array.from(build.states, ({ set }) => set);
    this.ascii = new Uint8Array(build.sets.length * ASCII);
    build.sets.forEach(({ ascii }, set) => this.ascii.set(ascii, set * ASCII));
    this.#others = build.sets.map(({ other }) => other);
    this.#firstByCode = Array.from({ length: ASCII }, (_, code) =>
      Int32Array.from(this.#first.filter((state) => this.ascii[(this.setOf[state] as number) * ASCII + code] === 1)),
    );
  }

  get size(): number {
    return this.ruleOf.length;
  }

  /** Whether a state takes a unit outside of ASCII. */
  takesOther(state: number, unit: string): boolean {
    return this.#others[this.setOf[state] as number]?.(unit) === true;
  }

  /** The states in which a match may begin with a unit. */
  first(code: number): Iterable<number> & { readonly length: number } {
    if (code < ASCII) return this.#firstByCode[code] as Int32Array;
    const unit = String.fromCharCode(code);
    return this.#first.filter((state) => this.takesOther(state, unit));
  }
}

interface State {
  readonly rule: number;
  readonly set: number;
  readonly follow: Set<number>;
  ends: boolean;
}

/** The states with which texts of a pattern may begin and end, and whether it takes the empty text. */
interface Edges {
  readonly first: readonly number[];
  readonly last: readonly number[];
  readonly empty: boolean;
}

const EMPTY: Edges = { first: [], last: [], empty: true };

class Build {
  readonly states: State[] = [];
  readonly sets: UnitSet[] = [];
  readonly #setBySource = new Map<string, number>();

  /** Adds the states of a rule; returns those in which it begins. */
  rule({ pattern, rule }: CompiledRule, index: number): readonly number[] {
    const { first, last } = this.#add(pattern, index, rule.pattern.flags);
    for (const state of last) (this.states[state] as State).ends = true;
    return first;
  }

  #add(pattern: Pattern, rule: number, flags: string): Edges {
    switch (pattern.type) {
      case 'boundary':
        return EMPTY;
      case 'unit': {
        const state = this.states.length;
        this.states.push({ rule, set: this.#set(pattern.source, flags), follow: new Set(), ends: false });
        return { first: [state], last: [state], empty: false };
      }
      case 'choice': {
        const options = pattern.options.map((option) => this.#add(option, rule, flags));
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          empty: options.some(({ empty }) => empty),
        };
      }
      case 'sequence':
        return pattern.items.reduce<Edges>((done, item) => this.#join(done, this.#add(item, rule, flags)), EMPTY);
      case 'repeat': {
        if (pattern.max === 0) return EMPTY;
        const item = this.#add(pattern.item, rule, flags);
        if (pattern.max > 1) this.#link(item.last, item.first);
        return pattern.min === 0 ? { ...item, empty: true } : item;
      }
    }
  }

  #join(one: Edges, other: Edges): Edges {
    this.#link(one.last, other.first);
    return {
      first: one.empty ? [...one.first, ...other.first] : one.first,
      last: other.empty ? [...one.last, ...other.last] : other.last,
      empty: one.empty && other.empty,
    };
  }

  #link(from: readonly number[], to: readonly number[]): void {
    for (const state of from) for (const next of to) (this.states[state] as State).follow.add(next);
  }

  #set(source: string, flags: string): number {
    const key = `${flags}/${source}`;
    const known = this.#setBySource.get(key);
    if (known !== undefined) return known;
    this.#setBySource.set(key, this.sets.length);
    return this.sets.push(unitsOf(source, flags)) - 1;
  }
}
