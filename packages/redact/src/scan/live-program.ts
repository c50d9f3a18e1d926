import { longest, type Pattern } from '../pattern/pattern.ts';
import { ASCII, type UnitSet, type Units } from '../pattern/units.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { KeywordAutomaton } from './keyword-automaton.ts';
import { LiveSteps } from './live-steps.ts';

/**
 * The patterns of all rules as one automaton whose states are their atoms (Glushkov). It takes more than the patterns do:
 * boundaries always hold, and what may be repeated may be so without end. So whatever it holds for dead is.
 */
export class LiveProgram {
  readonly rules: readonly CompiledRule[];
  /** The rule of a state. */
  readonly ruleOf: Int32Array;
  /** The most units of a match up to a state, its own among them. */
  readonly reach: Int32Array;
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
  /** The words with which matches of some rules begin. */
  readonly leads: KeywordAutomaton;
  /** The rules whose matches begin with these words, and nothing else. */
  readonly withLeads: readonly number[];
  /** The states that a match may be in after such a word. */
  readonly afterLead: readonly Int32Array[];
  /** The steps from one unit to the next that were taken before. */
  readonly steps: LiveSteps = new LiveSteps(this);
  #scratch: Scratch | undefined;
  /** The states in which matches of all other rules may begin. */
  readonly #first: readonly number[];
  /** The states in which a match may begin, by its first unit. */
  readonly #firstByCode: readonly Int32Array[];

  constructor(rules: readonly CompiledRule[], units: Units) {
    this.rules = rules;
    const build = new Build(units);
    const beginnings = rules.map((rule, index) => build.rule(rule, index));
    const led = rules.map(({ anchor }) => anchor?.farthest === 0);
    this.withLeads = rules.flatMap(({ anchor }, index) => (anchor?.farthest === 0 ? [index] : []));
    this.#first = beginnings.flatMap((first, index) => (led[index] ? [] : first));
    this.ruleOf = Int32Array.from(build.states, ({ rule }) => rule);
    this.reach = Int32Array.from(build.states, ({ reach }) => reach);
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
      Int32Array.from(
        this.#first.filter((state) => this.ascii[(this.setOf[state] as number) * ASCII + code] === 1),
      ),
    );

    const after = new Map<string, number[]>();
    for (const rule of this.withLeads) {
      for (const word of rules[rule]?.anchor?.words ?? []) {
        after.set(word, [...(after.get(word) ?? []), ...this.#after(word, beginnings[rule] ?? [])]);
      }
    }
    this.leads = new KeywordAutomaton([...after.keys()]);
    this.afterLead = [...after.values()].map((states) => Int32Array.from(states));
  }

  /** Room for one step, shared by all texts that are followed: numbers of states and places, good until the next step. */
  get scratch(): Scratch {
    return (this.#scratch ??= new Scratch(this.size));
  }

  get size(): number {
    return this.ruleOf.length;
  }

  /** The states after a word, whatever its case. */
  #after(word: string, first: readonly number[]): readonly number[] {
    let states: readonly number[] = first.filter((state) => this.#takes(state, word[0] as string));
    for (const unit of word.slice(1)) {
      const next = states.flatMap((state) => [
        ...this.follow.subarray(this.followFrom[state], this.followFrom[state + 1]),
      ]);
      states = [...new Set(next)].filter((state) => this.#takes(state, unit));
    }
    return states;
  }

  #takes(state: number, unit: string): boolean {
    const takes = (code: number): boolean => this.ascii[(this.setOf[state] as number) * ASCII + code] === 1;
    return takes(unit.charCodeAt(0)) || takes(unit.toUpperCase().charCodeAt(0));
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

/** See {@link LiveProgram.scratch}. */
export class Scratch {
  readonly states: Int32Array;
  readonly starts: Float64Array;
  /** Where a state stands in the list, and in which step that was written. */
  readonly slots: Int32Array;
  readonly stamps: Float64Array;
  stamp = 0;

  constructor(size: number) {
    this.states = new Int32Array(size);
    this.starts = new Float64Array(size);
    this.slots = new Int32Array(size);
    this.stamps = new Float64Array(size);
  }
}

interface State {
  readonly rule: number;
  readonly reach: number;
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
  readonly #units: Units;

  constructor(units: Units) {
    this.#units = units;
  }

  /** Adds the states of a rule; returns those in which it begins. */
  rule({ pattern, rule }: CompiledRule, index: number): readonly number[] {
    const { first, last } = this.#add(pattern, index, rule.pattern.flags, 0);
    for (const state of last) (this.states[state] as State).ends = true;
    return first;
  }

  /** @param before the most units of a match before the pattern. */
  #add(pattern: Pattern, rule: number, flags: string, before: number): Edges {
    switch (pattern.type) {
      case 'boundary':
        return EMPTY;
      case 'unit': {
        const state = this.states.length;
        const set = this.#set(pattern.source, flags);
        this.states.push({ rule, reach: before + 1, set, follow: new Set(), ends: false });
        return { first: [state], last: [state], empty: false };
      }
      case 'choice': {
        const options = pattern.options.map((option) => this.#add(option, rule, flags, before));
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          empty: options.some(({ empty }) => empty),
        };
      }
      case 'sequence': {
        let edges = EMPTY;
        let reached = before;
        for (const item of pattern.items) {
          edges = this.#join(edges, this.#add(item, rule, flags, reached));
          reached += longest(item);
        }
        return edges;
      }
      case 'repeat': {
        const { item, min, max } = pattern;
        if (max === 0) return EMPTY;
        const edges = this.#add(item, rule, flags, before + (max - 1) * longest(item));
        if (max > 1) this.#link(edges.last, edges.first);
        return min === 0 ? { ...edges, empty: true } : edges;
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
    return this.sets.push(this.#units.of(source, flags)) - 1;
  }
}
