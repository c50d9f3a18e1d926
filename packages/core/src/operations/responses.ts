import { endedBy } from './inspection.ts';
import { fitResponses } from './fit.ts';
import { inputMapper } from './input-text.ts';
import { isRecord, withField } from './json.ts';
import type { Operation } from './operation.ts';
import { responsesEffect, responsesState } from './provider-state.ts';
import { limitOf, modelOf, posts } from './request.ts';
import { responsesClosing } from './responses-closing.ts';
import { inspectResponseBody, inspectResponseEvent, isLastEvent } from './responses-inspection.ts';
import { responsesConversation } from './responses-conversation.ts';
import { responsesInput } from './responses-input.ts';
import { playResponse } from './responses-playback.ts';
import { responsesRewriter } from './responses-rewriter.ts';
import { shapesIn } from './shapes.ts';
import { continueResponse } from './responses-turn.ts';

/** One item of the input of a responses request: a message, a call, the output of a call, reasoning, ... */
export interface ResponsesItem {
  readonly [key: string]: unknown;
  readonly type?: string;
  readonly role?: string;
}

/** The params of `POST /responses`, as far as the core reads them. */
export interface ResponsesParams {
  readonly [key: string]: unknown;
  readonly model?: string;
  readonly input?: string | readonly ResponsesItem[];
  readonly instructions?: string | null;
  readonly max_output_tokens?: number | null;
  readonly stream?: boolean | null;
}

/** Responses: `POST /responses`. */
export const responses: Operation<ResponsesParams> = {
  name: 'responses',
  doneMarker: false,
  matches: (method, path) => posts(method, path, '/responses'),
  model: modelOf,
  mapInput: inputMapper(responsesInput),
  outputLimit: (params) => limitOf(params, 'max_output_tokens'),
  withOutputLimit: (params, tokens) => withField(params, 'max_output_tokens', tokens),
  fit: fitResponses,
  boundBy: responsesState,
  sideEffect: responsesEffect,
  conversation: responsesConversation,
  shapes: shapesIn,
  followUp: continueResponse,
  inspectEvent: inspectResponseEvent,
  inspectBody: inspectResponseBody,
  completion: endedBy(isLastEvent),
  rewriter: responsesRewriter,
  closing: responsesClosing,
  assemble(events) {
    const last = events.findLast(isLastEvent);
    return isRecord(last) && isRecord(last['response']) ? last['response'] : undefined;
  },
  playback: playResponse,
};
