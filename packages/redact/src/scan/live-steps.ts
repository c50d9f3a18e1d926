import { ASCII } from '../pattern/units.ts';
import type { LiveProgram } from './live-program.ts';

// As many numbers are kept as texts need that are alike, and no more than that of those that are not.
const MOST_KEPT = 1_000_000;

/** The states that a text may be in, whatever came before. */
export interface Place {
  readonly states: Int32Array;
  /** How far the text goes along with a lead. */
  readonly word: number;
  /** The steps from here that were taken before, by the unit. */
  readonly steps: Map<number, Step>;
}

/** From one place to the next. */
export interface Step {
  readonly to: Place;
  /** The states at the old place from which each new one comes: from `sourceFrom[n]` to `sourceFrom[n + 1]`. */
  readonly sources: Int32Array;
  readonly sourceFrom: Int32Array;
  /** For each new state, the most units ago that a match may have begun anew that is in it now; 0 for none. */
  readonly begun: Int32Array;
  /** The most units of a match up to each new state. */
  readonly reach: Int32Array;
  /** Rules of which something may have matched. */
  readonly touched: Int32Array;
}

/** Makes the steps of a program, and keeps them: all texts that are followed take about the same ones. */
export class LiveSteps {
  readonly #program: LiveProgram;
  #places = new Map<string, Place>();
  #kept = 0;

  constructor(program: LiveProgram) {
    this.#program = program;
  }

  /** Where a text begins. */
  get start(): Place {
    return this.place([], 0);
  }

  step(from: Place, code: number): Step {
    const { follow, followFrom, setOf, ascii, leads, afterLead, ends, goesOn, ruleOf, reach } = this.#program;
    const unit = code < ASCII ? '' : String.fromCharCode(code);
    const touched = new Set<number>();
    const comers = new Map<number, { sources: number[]; begun: number }>();
    const enter = (state: number, source: number, begun: number): void => {
      if (ends[state] === 1) touched.add(ruleOf[state] as number);
      if (goesOn[state] !== 1) return;
      let comer = comers.get(state);
      if (!comer) comers.set(state, (comer = { sources: [], begun: 0 }));
      if (source !== -1) comer.sources.push(source);
      if (begun > comer.begun) comer.begun = begun;
    };
    from.states.forEach((state, source) => {
      const until = followFrom[state + 1] as number;
      for (let edge = followFrom[state] as number; edge < until; edge++) {
        const next = follow[edge] as number;
        const takes =
          code < ASCII
            ? ascii[(setOf[next] as number) * ASCII + code] === 1
            : this.#program.takesOther(next, unit);
        if (takes) enter(next, source, 0);
      }
    });
    for (const state of this.#program.first(code)) enter(state, -1, 1);
    const word = leads.step(from.word, code);
    for (const lead of word < 0 ? leads.endsOf(word) : []) {
      for (const state of afterLead[lead] as Int32Array) enter(state, -1, leads.lengths[lead] as number);
    }
    // In order, so that the same states are the same place however they were reached.
    const states = [...comers.keys()].toSorted((a, b) => a - b);
    const all = states.map((state) => comers.get(state) as { sources: number[]; begun: number });
    const sourceFrom = new Int32Array(states.length + 1);
    all.forEach(({ sources }, index) => {
      sourceFrom[index + 1] = (sourceFrom[index] as number) + sources.length;
    });
    const step: Step = {
      to: this.place(states, word),
      sources: Int32Array.from(all.flatMap(({ sources }) => sources)),
      sourceFrom,
      begun: Int32Array.from(all, ({ begun }) => begun),
      reach: Int32Array.from(states, (state) => reach[state] as number),
      touched: Int32Array.from(touched),
    };
    from.steps.set(code, step);
    this.#kept += step.sources.length + 3 * states.length + 16;
    return step;
  }

  /** The place of states, rising. */
  place(states: readonly number[], word: number): Place {
    // Those who stand at one of them go on from it all the same.
    if (this.#kept > MOST_KEPT) {
      this.#places.forEach(({ steps }) => steps.clear());
      this.#places = new Map();
      this.#kept = 0;
    }
    const key = `${word}:${states.join()}`;
    let place = this.#places.get(key);
    if (!place) {
      this.#places.set(key, (place = { states: Int32Array.from(states), word, steps: new Map() }));
      this.#kept += key.length + states.length;
    }
    return place;
  }
}
