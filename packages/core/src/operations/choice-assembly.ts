import { choiceIndex } from './choice-rewriter.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';

/** An object in the making. */
export type Draft = Record<string, unknown>;

/** How one operation adds chunks of a choice up to a whole choice. */
export interface ChoiceAssembly<C> {
  start(index: number): C;
  /** Adds a chunk; returns false for what cannot be added up. */
  add(choice: C, chunk: JsonRecord): boolean;
  finish(choice: C): JsonRecord;
}

/** Adds chunks up to the body that consists of their choices; `undefined` when there is none or it cannot be done. */
export function assembleChoices<C>(
  events: readonly unknown[],
  assembly: ChoiceAssembly<C>,
): Draft | undefined {
  const body: Draft = {};
  const choices = new Map<number, C>();
  for (const event of events) {
    if (!isRecord(event) || !isList(event['choices'])) continue;
    const { choices: _choices, obfuscation: _padding, ...frame } = event;
    for (const [key, value] of Object.entries(frame)) add(body, key, value);
    for (const [position, chunk] of event['choices'].entries()) {
      if (!isRecord(chunk)) continue;
      const index = choiceIndex(chunk, position);
      const choice = choices.get(index) ?? assembly.start(index);
      choices.set(index, choice);
      if (!assembly.add(choice, chunk)) return undefined;
    }
  }
  if (choices.size === 0) return undefined;
  if (body['usage'] === null) delete body['usage'];
  body['choices'] = inOrder(choices).map((choice) => assembly.finish(choice));
  return body;
}

/** The values of a map, in the order of their numbers. */
export function inOrder<T>(map: ReadonlyMap<number, T>): T[] {
  return [...map.entries()].toSorted(([a], [b]) => a - b).map(([, value]) => value);
}

/** Sets a field; null does not undo what is there. */
export function add(target: Draft, key: string, value: unknown): void {
  if (value !== null || target[key] === undefined) target[key] = value;
}

/** Appends to a text field; other values than texts are set. */
export function addText(target: Draft, key: string, value: unknown): void {
  const known = target[key];
  add(target, key, typeof known === 'string' && typeof value === 'string' ? known + value : value);
}

/** Appends to a list; other values than lists are set. The list in the target must be its own. */
export function addList(target: Draft, key: string, value: unknown): void {
  const known = target[key];
  if (!isList(value)) add(target, key, value);
  else if (Array.isArray(known)) for (const item of value) known.push(item);
  else target[key] = value.slice();
}

/** Appends log probabilities: an object of lists. */
export function addTokens(choice: Draft, logprobs: unknown): void {
  if (logprobs === undefined) return;
  if (!isRecord(logprobs)) return add(choice, 'logprobs', logprobs);
  const tokens: Draft = isRecord(choice['logprobs']) ? choice['logprobs'] : {};
  for (const [key, value] of Object.entries(logprobs)) addList(tokens, key, value);
  choice['logprobs'] = tokens;
}
