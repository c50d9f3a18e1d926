import { BIT, type Plan } from '../schema/plan.ts';
import type { Planner, Ways } from '../schema/planner.ts';
import { expected, pointerStep, type Violation } from '../violation.ts';
import {
  brokenByEndOfList,
  brokenByEndOfObject,
  brokenByItem,
  brokenByKeyPrefix,
  brokenByProperties,
} from './container.ts';
import { newFrame, type Frame } from './frame.ts';
import type { JsonEvents, Literal } from './json-events.ts';
import {
  brokenByDigits,
  brokenByLiteral,
  brokenByNumber,
  brokenByStart,
  brokenByText,
  brokenByWholeText,
} from './scalar.ts';
import { JsonScanner } from './scanner.ts';
import { inner, opened, survivors, type Way } from './way.ts';

/** Options of {@link Follower}. */
export interface FollowerOptions {
  /**
   * Whether what is no JSON may be put right when the answer is whole. Then it ends the following; otherwise it is a
   * violation.
   */
  readonly forgiving: boolean;
}

/**
 * Follows JSON as it comes, and says as soon as whatever may still come cannot make it keep its schema. What it lets
 * pass need not be right: that is told of the whole. A key that comes twice counts each time.
 */
export class Follower implements JsonEvents {
  readonly #planner: Planner;
  readonly #scanner: JsonScanner;
  readonly #frames: Frame[] = [];
  /** Those of the value that comes or has begun. */
  #ways: readonly Way[];
  #violation: Violation | undefined;

  constructor(planner: Planner, { forgiving }: FollowerOptions = { forgiving: false }) {
    this.#planner = planner;
    this.#ways = opened(planner.root, undefined);
    this.#scanner = new JsonScanner(this, forgiving);
  }

  /** Takes the next stretch; returns the first violation that cannot heal, then and ever after. */
  push(text: string): Violation | undefined {
    if (this.#violation) return this.#violation;
    this.#scanner.push(text);
    return this.#violation;
  }

  open(object: boolean): boolean {
    if (!this.#keep(brokenByStart, object ? BIT.object : BIT.array)) return false;
    this.#frames.push(newFrame(object, this.#ways));
    return true;
  }

  item(): boolean {
    const frame = this.#top;
    const index = frame.items++;
    frame.at = index;
    if (!this.#keepAround(frame, brokenByItem, index)) return false;
    return this.#enter(frame, inner(this.#planner, frame.ways, itemWays, index));
  }

  comma(): boolean {
    const frame = this.#top;
    return frame.object || this.#keepAround(frame, brokenByItem, frame.items);
  }

  keyGrows(key: string): boolean {
    return this.#keepAround(this.#top, brokenByKeyPrefix, key);
  }

  key(key: string): boolean {
    const frame = this.#top;
    frame.keys.add(key);
    if (!this.#keepAround(frame, brokenByProperties, frame.keys.size)) return false;
    frame.at = key;
    return this.#enter(frame, inner(this.#planner, frame.ways, propertyWays, key));
  }

  close(): boolean {
    const frame = this.#frames.pop() as Frame;
    this.#ways = frame.ways;
    return this.#keep(frame.object ? brokenByEndOfObject : brokenByEndOfList, frame) && this.#ended();
  }

  textBegins(): boolean {
    return this.#keep(brokenByStart, BIT.string) && this.#keep(brokenByText, '', 0);
  }

  textGrows(text: string, length: number): boolean {
    return this.#keep(brokenByText, text, length);
  }

  text(text: string, length: number): boolean {
    return this.#keep(brokenByWholeText, text, length) && this.#ended();
  }

  numberBegins(): boolean {
    return this.#keep(brokenByStart, BIT.number);
  }

  numberGrows(text: string): boolean {
    return this.#keep(brokenByDigits, text);
  }

  number(text: string): boolean {
    return this.#keep(brokenByNumber, Number(text)) && this.#ended();
  }

  literal(value: Literal): boolean {
    return this.#keep(brokenByLiteral, value) && this.#ended();
  }

  malformed(): void {
    this.#violation = { rule: 'json', path: '', expected: expected.json };
  }

  get #top(): Frame {
    return this.#frames.at(-1) as Frame;
  }

  /** Begins a value within an object or a list. */
  #enter(frame: Frame, ways: readonly Way[]): boolean {
    this.#ways = ways;
    if (ways.length > 0) return true;
    return this.#refuse(frame.object ? expected.closed : expected.alternative, this.#frames.length - 1);
  }

  /** A value ended: goes on with what is around it. */
  #ended(): boolean {
    const frame = this.#frames.at(-1);
    if (frame) frame.ways = survivors(frame.ways, this.#ways);
    return true;
  }

  /** Drops ways of the value around the one that comes. */
  #keepAround<T>(frame: Frame, broken: Broken<T>, what: T): boolean {
    this.#ways = frame.ways;
    const kept = this.#kept(broken, what, 0, this.#frames.length - 1);
    frame.ways = this.#ways;
    return kept;
  }

  #keep<T>(broken: Broken<T>, what: T, length = 0): boolean {
    return this.#kept(broken, what, length, undefined);
  }

  /** Drops the ways that are not open any more; says whether some are left. */
  #kept<T>(broken: Broken<T>, what: T, length: number, depth: number | undefined): boolean {
    const ways = this.#ways;
    let reason: string | undefined;
    let left: Way[] | undefined;
    for (let index = 0; index < ways.length; index++) {
      const way = ways[index] as Way;
      const wrong = firstOf(way.plans, broken, what, length);
      if (wrong !== undefined) {
        reason ??= wrong;
        left ??= ways.slice(0, index);
      } else left?.push(way);
    }
    if (left === undefined) return true;
    this.#ways = left;
    if (left.length > 0) return true;
    return this.#refuse(ways.length > 1 ? expected.alternative : (reason ?? expected.alternative), depth);
  }

  /** @param depth how many of the values around it are above the place of the violation */
  #refuse(words: string, depth?: number): false {
    this.#violation = { rule: 'schema', path: this.#path(depth), expected: words };
    return false;
  }

  #path(depth?: number): string {
    return this.#frames
      .slice(0, depth)
      .map(({ at }) => pointerStep(at))
      .join('');
  }
}

/** What a plan says to something that has come; undefined where it may go on. */
type Broken<T> = (plan: Plan, what: T, length: number) => string | undefined;

function firstOf<T>(plans: readonly Plan[], broken: Broken<T>, what: T, length: number): string | undefined {
  for (const plan of plans) {
    const wrong = broken(plan, what, length);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

const itemWays = (planner: Planner, plan: Plan, index: number): Ways => planner.ofItem(plan, index);
const propertyWays = (planner: Planner, plan: Plan, key: string): Ways => planner.ofProperty(plan, key);
