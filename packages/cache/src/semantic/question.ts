import type { Call, Params } from '@interpose/core';

/** What of a request may be put in other words, and what not. */
export interface Question {
  /** What the user said last. */
  readonly text: string;
  /** All the rest of the params, with nothing in the place of the text. */
  readonly rest: Params;
}

/**
 * Takes the last user turn out of a request. Undefined where there is none, or where it is more than one plain text: with
 * images, files or audio, or the result of a tool.
 */
export function questionOf({ operation, params }: Call): Question | undefined {
  switch (operation.name) {
    case 'chat':
      return lastOf(params, 'messages', 'text');
    case 'responses':
      return typeof params['input'] === 'string'
        ? questionIn(params, 'input', params['input'])
        : lastOf(params, 'input', 'input_text');
    case 'completions':
      return typeof params['prompt'] === 'string'
        ? questionIn(params, 'prompt', params['prompt'])
        : undefined;
    default:
      return undefined;
  }
}

function questionIn(params: Params, field: string, text: string): Question | undefined {
  return asked(text, { ...params, [field]: null });
}

/** The last of a list of turns. */
function lastOf(params: Params, field: string, textType: string): Question | undefined {
  const turns = params[field];
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined;
  if (!isRecord(last) || last['role'] !== 'user') return undefined;
  // An item of a responses request may say what it is.
  if (last['type'] !== undefined && last['type'] !== 'message') return undefined;
  const earlier = (turns as unknown[]).slice(0, -1);
  const { content } = last;
  if (typeof content === 'string') {
    return asked(content, { ...params, [field]: [...earlier, { ...last, content: null }] });
  }
  const part: unknown = Array.isArray(content) && content.length === 1 ? content[0] : undefined;
  if (!isRecord(part) || part['type'] !== textType || typeof part['text'] !== 'string') return undefined;
  const blank = { ...last, content: [{ ...part, text: null }] };
  return asked(part['text'], { ...params, [field]: [...earlier, blank] });
}

function asked(text: string, rest: Params): Question | undefined {
  return text.trim() === '' ? undefined : { text, rest };
}

function isRecord(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
