import { ASCII } from '../pattern/units.ts';
import type { LiveProgram } from './live-program.ts';
import type { Place, Step } from './live-steps.ts';

// A step that is new takes as long as many that are not. So a text may take some, and more as it goes on with few of them.
const NEW_STEPS = 24;
const STEPS_A_NEW_ONE = 24;
const STEPS_TO_TRY = 128;
const ENOUGH = 8;

/**
 * Follows a text as it grows and knows the earliest place from which a match may still grow with it. For each state of
 * the automaton it keeps the earliest start alone.
 */
export class Live {
  readonly #program: LiveProgram;
  #states = new Int32Array(16);
  #starts = new Float64Array(16);
  #count = 0;
  readonly #earliest: Float64Array;
  /** How far the text goes along with a lead. */
  #word = 0;
  /** The place among the known ones, and what its states began with in `#starts`; undefined while there is too much new. */
  #place: Place | undefined;
  #spare = new Float64Array(16);
  #credit = NEW_STEPS;
  /** The length of the text. */
  length = 0;
  /** Rules of which something may have matched since they were last asked. */
  readonly touched: Set<number> = new Set();

  constructor(program: LiveProgram) {
    this.#program = program;
    this.#place = program.steps.start;
    this.#earliest = new Float64Array(program.rules.length);
  }

  /** Begins with an empty text. */
  reset(): void {
    this.#count = 0;
    this.#word = 0;
    this.#place = this.#program.steps.start;
    this.length = 0;
    this.earliest = 0;
    this.touched.clear();
  }

  /** Takes in what comes next. @param marks gets the earliest place after each unit. */
  feed(text: string, marks: number[]): void {
    for (let at = 0; at < text.length; at++) {
      this.#next(text.charCodeAt(at));
      marks.push(this.earliest);
    }
  }

  /** The earliest place from which a match of any rule may grow; the end of the text where there is none. */
  earliest = 0;

  /** The same for each rule by itself. */
  earliestByRule(): Float64Array {
    const { ruleOf, leads } = this.#program;
    const states = this.#place?.states ?? this.#states;
    const count = this.#place?.states.length ?? this.#count;
    const word = this.#place?.word ?? this.#word;
    const earliest = this.#earliest.fill(this.length);
    const begun = this.length - leads.depth(word);
    for (const rule of this.#program.withLeads) earliest[rule] = begun;
    for (let index = 0; index < count; index++) {
      const rule = ruleOf[states[index] as number] as number;
      const start = this.#starts[index] as number;
      if (start < (earliest[rule] as number)) earliest[rule] = start;
    }
    return earliest;
  }

  #next(code: number): void {
    const { steps } = this.#program;
    const place = this.#place;
    if (!place) {
      this.#step(code);
      if ((this.#credit += 1 / STEPS_TO_TRY) > ENOUGH) this.#return();
      return;
    }
    let step = place.steps.get(code);
    if (step) {
      this.#credit = Math.min(this.#credit + 1 / STEPS_A_NEW_ONE, NEW_STEPS);
    } else if (this.#credit < 1) {
      this.#leave(place);
      this.#step(code);
      return;
    } else {
      this.#credit--;
      step = steps.step(place, code);
    }
    this.#go(step);
  }

  /** Goes on state by state. */
  #leave({ states, word }: Place): void {
    this.#states = states.slice();
    this.#starts = this.#starts.slice(0, states.length);
    this.#count = states.length;
    this.#word = word;
    this.#place = undefined;
  }

  /** Goes on from place to place. */
  #return(): void {
    const order = Array.from({ length: this.#count }, (_, index) => index);
    order.sort((a, b) => (this.#states[a] as number) - (this.#states[b] as number));
    this.#place = this.#program.steps.place(
      order.map((index) => this.#states[index] as number),
      this.#word,
    );
    this.#starts = Float64Array.from(order, (index) => this.#starts[index] as number);
  }

  #go(step: Step): void {
    const { leads } = this.#program;
    const { to, sources, sourceFrom, begun, reach, touched } = step;
    const count = to.states.length;
    if (count > this.#spare.length) this.#spare = new Float64Array(count * 2);
    const starts = this.#starts;
    const next = this.#spare;
    const length = ++this.length;
    let earliest = length - leads.depth(to.word);
    for (let index = 0; index < count; index++) {
      let start = Infinity;
      const until = sourceFrom[index + 1] as number;
      for (let source = sourceFrom[index] as number; source < until; source++) {
        const old = starts[sources[source] as number] as number;
        if (old < start) start = old;
      }
      // What began earlier cannot be in this state any more, but others may be.
      const oldest = length - (reach[index] as number);
      if (start < oldest) start = oldest;
      const ago = begun[index] as number;
      if (ago > 0 && length - ago < start) start = length - ago;
      next[index] = start;
      if (start < earliest) earliest = start;
    }
    for (let index = 0; index < touched.length; index++) this.touched.add(touched[index] as number);
    this.#spare = starts;
    this.#starts = next;
    this.#place = to;
    this.earliest = earliest;
  }

  #step(code: number): void {
    const program = this.#program;
    const { follow, followFrom, setOf, ascii, reach, leads, afterLead, scratch } = program;
    const unit = code < ASCII ? '' : String.fromCharCode(code);
    const at = this.length++;
    scratch.stamp++;
    let count = 0;
    for (let index = 0; index < this.#count; index++) {
      const state = this.#states[index] as number;
      const until = followFrom[state + 1] as number;
      for (let edge = followFrom[state] as number; edge < until; edge++) {
        const next = follow[edge] as number;
        const takes =
          code < ASCII ? ascii[(setOf[next] as number) * ASCII + code] === 1 : program.takesOther(next, unit);
        if (!takes) continue;
        // What began earlier cannot be in this state any more, but others may be.
        const oldest = at + 1 - (reach[next] as number);
        count = this.#enter(next, Math.max(this.#starts[index] as number, oldest), count);
      }
    }
    for (const state of program.first(code)) count = this.#enter(state, at, count);
    this.#word = leads.step(this.#word, code);
    if (this.#word < 0) {
      for (const word of leads.endsOf(this.#word)) {
        const start = at + 1 - (leads.lengths[word] as number);
        for (const state of afterLead[word] as Int32Array) count = this.#enter(state, start, count);
      }
    }
    this.#keep(count);
  }

  #enter(state: number, start: number, count: number): number {
    const { ends, goesOn, ruleOf, scratch } = this.#program;
    if (ends[state] === 1) this.touched.add(ruleOf[state] as number);
    if (goesOn[state] !== 1) return count;
    if (scratch.stamps[state] === scratch.stamp) {
      const slot = scratch.slots[state] as number;
      if (start < (scratch.starts[slot] as number)) scratch.starts[slot] = start;
      return count;
    }
    scratch.stamps[state] = scratch.stamp;
    scratch.slots[state] = count;
    scratch.states[count] = state;
    scratch.starts[count] = start;
    return count + 1;
  }

  #keep(count: number): void {
    const { leads, scratch } = this.#program;
    if (count > Math.min(this.#states.length, this.#starts.length)) {
      this.#states = new Int32Array(count * 2);
      this.#starts = new Float64Array(count * 2);
    }
    let earliest = this.length - leads.depth(this.#word);
    for (let index = 0; index < count; index++) {
      const start = scratch.starts[index] as number;
      this.#states[index] = scratch.states[index] as number;
      this.#starts[index] = start;
      if (start < earliest) earliest = start;
    }
    this.#count = count;
    this.earliest = earliest;
  }
}
