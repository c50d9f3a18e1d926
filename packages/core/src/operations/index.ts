import { audio } from './audio.ts';
import { chat } from './chat.ts';
import { completions } from './completions.ts';
import { embeddings } from './embeddings.ts';
import { images } from './images.ts';
import { moderations } from './moderations.ts';
import type { Operation } from './operation.ts';
import { passthrough } from './passthrough.ts';
import { responses } from './responses.ts';

export type * from './operation.ts';
export { audio, type AudioParams } from './audio.ts';
export { chat, type ChatMessage, type ChatParams } from './chat.ts';
export { answerFormat, channelFormat } from './channel-format.ts';
export { choiceOf } from './choice-of.ts';
export { completions, type CompletionsParams } from './completions.ts';
export { embeddings, type EmbeddingsParams } from './embeddings.ts';
export { images, type ImagesParams } from './images.ts';
export { moderations, type ModerationsParams } from './moderations.ts';
export { endpointOf, isOfDeployment, siblingUrl } from './endpoint.ts';
export type { Fit } from './fit.ts';
export type { Conversation, Entry, Speaker } from './conversation.ts';
export { passthrough } from './passthrough.ts';
export { toolsIn, withoutTools, type OfferedTool } from './tools.ts';
export { unreadableIn, type Unreadable } from './unreadable.ts';
export { responses, type ResponsesItem, type ResponsesParams } from './responses.ts';

/** The operations that the core knows, in the order in which a request is matched against them. */
export const operations: readonly Operation[] = [
  chat,
  responses,
  embeddings,
  completions,
  moderations,
  images,
  audio,
];

/**
 * Finds the operation of a request, or `passthrough`. `path` is the URL's path, without query or trailing slash;
 * what stands before the endpoint (`/v1`, `/openai/deployments/x`, `/api/v1`) makes no difference.
 */
export function findOperation(method: string, path: string): Operation {
  for (const operation of operations) {
    if (operation.matches(method, path)) return operation;
  }
  return passthrough;
}
