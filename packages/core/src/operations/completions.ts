import { add, addText, addTokens, assembleChoices, type Draft } from './choice-assembly.ts';
import { playChoices } from './choice-playback.ts';
import { choiceRewriter, type ChoiceTexts } from './choice-rewriter.ts';
import { choicesAsked, choicesClosing } from './choices-closing.ts';
import { choicesCompletion, inspectChoices } from './choices.ts';
import { all, fields, inputMapper, list, text } from './input-text.ts';
import { isList, withField, type JsonRecord } from './json.ts';
import type { Operation } from './operation.ts';
import { limitOf, modelOf, posts } from './request.ts';
import { streamUsage } from './stream-usage.ts';

/** The params of `POST /completions`, as far as the core reads them. Prompts may also come as token numbers. */
export interface CompletionsParams {
  readonly [key: string]: unknown;
  readonly model: string;
  readonly prompt: string | readonly string[] | readonly number[] | readonly (readonly number[])[] | null;
  readonly suffix?: string | null;
  readonly max_tokens?: number | null;
  readonly stream?: boolean | null;
}

const completionTexts: ChoiceTexts = {
  map(choice, index, visit) {
    const written = choice['text'];
    if (typeof written !== 'string') return choice;
    return withField(choice, 'text', visit(written, `choice:${index}:content`, 'content'));
  },
  carry: (_id, index, written) => ({ index, text: written, logprobs: null, finish_reason: null }),
};

function assemble(events: readonly unknown[]): unknown {
  return assembleChoices<Draft>(events, {
    start: (index) => ({ index, text: '' }),
    add(choice, { text: written, logprobs, index: _index, ...rest }) {
      for (const [key, value] of Object.entries(rest)) add(choice, key, value);
      addText(choice, 'text', written);
      addTokens(choice, logprobs);
      return true;
    },
    finish(choice) {
      choice['finish_reason'] ??= null;
      return choice;
    },
  });
}

/** How many prompts there are: one may come as the numbers of its tokens. */
function prompts(prompt: unknown): number {
  return isList(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1;
}

function* playChoice(choice: JsonRecord, index: number): Iterable<JsonRecord> {
  const { finish_reason, ...rest } = choice;
  yield { ...rest, index, finish_reason: null };
  const noTokens = choice['logprobs'] === undefined ? {} : { logprobs: null };
  yield { index, text: '', ...noTokens, finish_reason };
}

/** Legacy completions: `POST /completions`. */
export const completions: Operation<CompletionsParams> = {
  name: 'completions',
  doneMarker: true,
  matches: (method, path) => posts(method, path, '/completions') && !path.endsWith('/chat/completions'),
  model: modelOf,
  mapInput: inputMapper(fields({ prompt: all(text, list(text)), suffix: text, user: text })),
  outputLimit: (params) => limitOf(params, 'max_tokens'),
  withOutputLimit: (params, tokens) => withField(params, 'max_tokens', tokens),
  streamUsage,
  inspectEvent: (data) => inspectChoices(completionTexts, data, false),
  inspectBody: (data) => inspectChoices(completionTexts, data, true),
  completion: choicesCompletion,
  rewriter: (open) => choiceRewriter(completionTexts, open),
  closing: (params) =>
    choicesClosing(params, choicesAsked(params) * prompts(params.prompt), (index) => ({
      index,
      text: '',
      logprobs: null,
      finish_reason: 'stop',
    })),
  assemble,
  playback: (body, params) => playChoices(body, params, playChoice),
};
