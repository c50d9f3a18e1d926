import { assembleChat } from './chat-assembly.ts';
import { chatConversation } from './chat-conversation.ts';
import { chatInput } from './chat-input.ts';
import { playChat } from './chat-playback.ts';
import { chatTexts } from './chat-texts.ts';
import { continueChat } from './chat-turn.ts';
import { shapesIn } from './shapes.ts';
import { choiceRewriter } from './choice-rewriter.ts';
import { choicesAsked, choicesClosing } from './choices-closing.ts';
import { choicesCompletion, inspectChoices } from './choices.ts';
import { fitChat } from './fit.ts';
import { inputMapper } from './input-text.ts';
import { withField } from './json.ts';
import type { Operation } from './operation.ts';
import { chatState } from './provider-state.ts';
import { limitOf, modelOf, posts } from './request.ts';
import { streamUsage } from './stream-usage.ts';

/** One message of a chat request. */
export interface ChatMessage {
  readonly [key: string]: unknown;
  readonly role: string;
  readonly content?: string | readonly { readonly [key: string]: unknown; readonly type: string }[] | null;
  readonly name?: string;
}

/** The params of `POST /chat/completions`, as far as the core reads them. */
export interface ChatParams {
  readonly [key: string]: unknown;
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly max_completion_tokens?: number | null;
  readonly max_tokens?: number | null;
  readonly stream?: boolean | null;
}

/** Chat completions: `POST /chat/completions`. */
export const chat: Operation<ChatParams> = {
  name: 'chat',
  doneMarker: true,
  matches: (method, path) => posts(method, path, '/chat/completions'),
  model: modelOf,
  mapInput: inputMapper(chatInput),
  outputLimit: (params) => limitOf(params, 'max_completion_tokens', 'max_tokens'),
  withOutputLimit(params, tokens) {
    const older =
      limitOf(params, 'max_completion_tokens') === undefined && limitOf(params, 'max_tokens') !== undefined;
    return withField(params, older ? 'max_tokens' : 'max_completion_tokens', tokens);
  },
  fit: fitChat,
  boundBy: chatState,
  conversation: chatConversation,
  streamUsage,
  shapes: shapesIn,
  followUp: continueChat,
  inspectEvent: (data) => inspectChoices(chatTexts, data, false),
  inspectBody: (data) => inspectChoices(chatTexts, data, true),
  completion: choicesCompletion,
  rewriter: (open) => choiceRewriter(chatTexts, open),
  closing: (params) =>
    choicesClosing(params, choicesAsked(params), (index) => ({
      index,
      delta: {},
      logprobs: null,
      finish_reason: 'stop',
    })),
  assemble: assembleChat,
  playback: playChat,
};
