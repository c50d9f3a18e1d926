import { choiceIndex, type ChoiceTexts } from './choice-rewriter.ts';
import { draftOf, nothing } from './inspection.ts';
import { isList, isRecord } from './json.ts';
import type { CallStart, Completion, Inspection, Piece } from './operation.ts';

/** Reads an event or a body that consists of choices. */
export function inspectChoices(texts: ChoiceTexts, data: unknown, terminal: boolean): Inspection {
  if (!isRecord(data)) return nothing;
  const { choices, error } = data;
  const draft = draftOf(data, terminal && isList(choices));
  if (error !== undefined && error !== null) draft.error = error;
  if (!isList(choices) || choices.length === 0) return draft;

  let pieces: Piece[] | undefined;
  let reasons: string[] | undefined;
  let finished: number[] | undefined;
  let calls: CallStart[] | undefined;
  for (let position = 0; position < choices.length; position++) {
    const choice = choices[position];
    if (!isRecord(choice)) continue;
    const index = choiceIndex(choice, position);
    texts.map(choice, index, (text, id, kind) => {
      if (text !== '') (pieces ??= []).push({ id, kind, text });
      // An empty stretch of arguments is a tool call that starts.
      if (text !== '' || kind === 'arguments') draft.content = true;
      return text;
    });
    const message = choice['delta'] ?? choice['message'];
    // Sound, and content in parts, which some providers send: output that is not plain text.
    if (
      isRecord(message) &&
      (isRecord(message['audio']) || (isList(message['content']) && message['content'].length > 0))
    ) {
      draft.content = true;
    }
    if (isRecord(message) && texts.calls) {
      const begun = texts.calls(message, index);
      if (begun !== undefined) calls = calls === undefined ? begun : [...calls, ...begun];
    }
    const reason = choice['finish_reason'];
    if (typeof reason !== 'string') continue;
    (reasons ??= []).push(reason);
    (finished ??= []).push(index);
  }
  if (pieces !== undefined) draft.pieces = pieces;
  if (reasons !== undefined) draft.finishReasons = reasons;
  if (finished !== undefined) draft.finishedChoices = finished;
  if (calls !== undefined) draft.calls = calls;
  return draft;
}

/** The completion of streams of choices: whole once every choice that was seen has its finish reason. */
export function choicesCompletion(): Completion {
  const open = new Set<number>();
  const finished = new Set<number>();
  return {
    event(data) {
      if (!isRecord(data) || !isList(data['choices'])) return;
      data['choices'].forEach((choice, position) => {
        if (!isRecord(choice)) return;
        const index = choiceIndex(choice, position);
        if (typeof choice['finish_reason'] === 'string') {
          finished.add(index);
          open.delete(index);
        } else if (!finished.has(index)) {
          open.add(index);
        }
      });
    },
    get whole() {
      return finished.size > 0 && open.size === 0;
    },
  };
}
