import type { Call, Params } from '@interpose/core';

/**
 * Says whether asking again would, as far as the provider can promise it, be answered the same.
 *
 * Embeddings and moderations are. Generated text is when the request asks for it: by `temperature: 0` or by a `seed`.
 * (Reasoning models take neither, and are never taken for deterministic.) It is not where the answer depends on more than
 * the request: on a conversation that the provider keeps, on tools that the provider runs, on work in the background.
 */
export function isDeterministic(call: Call): boolean {
  const { params } = call;
  switch (call.operation.name) {
    case 'embeddings':
    case 'moderations':
      return true;
    case 'chat':
    case 'completions':
    case 'responses':
      return (params['temperature'] === 0 || Number.isInteger(params['seed'])) && isSelfContained(params);
    default:
      return false;
  }
}

function isSelfContained(params: Params): boolean {
  const { conversation, background, tools, prompt } = params;
  if (conversation !== undefined && conversation !== null) return false;
  if (background === true || params['web_search_options'] !== undefined) return false;
  // A stored prompt may be edited where it is stored.
  if (typeof prompt === 'object' && prompt !== null && 'id' in prompt) return false;
  return !Array.isArray(tools) || tools.every(isOurs);
}

/** Whether a tool is one that the caller runs, by the types of chat and of responses. */
function isOurs(tool: unknown): boolean {
  const type = (tool as { type?: unknown } | null)?.type;
  return type === 'function' || type === 'custom';
}
