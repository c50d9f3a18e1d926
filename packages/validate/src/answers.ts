import { choiceOf, type CallStart, type Inspection, type Piece } from '@interpose/core';

/** A text that a reply brings, in one piece or in many. */
export interface Said {
  readonly channel: string;
  /** The call that these are the arguments of; undefined for an answer. */
  readonly call: CallStart | undefined;
  text: string;
}

/** One of the answers to a call. */
export interface Choice {
  readonly number: number;
  /** What the model said. */
  readonly texts: Said[];
  /** What it called. */
  readonly calls: Said[];
  refused: boolean;
  finish: string | undefined;
}

/** Reads what a reply answers, whole or while it comes. */
export class Answers {
  readonly choices: Map<number, Choice> = new Map();
  readonly #said = new Map<string, Said>();
  /** Whether there is any output of the model's. */
  content = false;
  /** As the provider names it. */
  responseId: string | undefined;

  /** Takes in what an event or a body says; tells `added` of each stretch of an answer or of arguments. */
  take(inspection: Inspection, added?: (said: Said, text: string) => void): void {
    const { pieces, calls, finishReasons, finishedChoices } = inspection;
    this.content ||= inspection.content;
    this.responseId ??= inspection.id;
    if (calls) for (const call of calls) this.#begin(call);
    for (const piece of pieces) {
      const said = this.#add(piece);
      if (said) added?.(said, piece.text);
    }
    finishReasons?.forEach((reason, index) => {
      this.#choice(finishedChoices?.[index] ?? 0).finish = reason;
    });
  }

  #begin(call: CallStart): void {
    if (this.#said.has(call.channel)) return;
    const said: Said = { channel: call.channel, call, text: '' };
    this.#said.set(call.channel, said);
    this.#choice(choiceOf({ id: call.channel })).calls.push(said);
  }

  #add({ id, kind, text }: Piece): Said | undefined {
    let said = this.#said.get(id);
    if (!said) {
      if (kind === 'refusal') this.#choice(choiceOf({ id })).refused = true;
      if (kind !== 'content') return undefined;
      said = { channel: id, call: undefined, text: '' };
      this.#said.set(id, said);
      this.#choice(choiceOf({ id })).texts.push(said);
    }
    said.text += text;
    return said;
  }

  #choice(number: number): Choice {
    let choice = this.choices.get(number);
    if (!choice) {
      choice = { number, texts: [], calls: [], refused: false, finish: undefined };
      this.choices.set(number, choice);
    }
    return choice;
  }
}

const CUT: ReadonlySet<string | undefined> = new Set([
  'length',
  'max_tokens',
  'max_output_tokens',
  'content_filter',
  'incomplete',
]);

/** Whether an answer was ended by something else than its model. */
export function isCut({ finish }: Choice): boolean {
  return CUT.has(finish);
}
