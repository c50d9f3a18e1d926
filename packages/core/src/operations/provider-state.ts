import { isList, isRecord, stringOf } from './json.ts';
import type { Params } from './operation.ts';

// By these a request names what a provider keeps for its account: no other has it.
const KEPT_BY_ID = new Set(['file_id', 'file_ids', 'vector_store_ids', 'container']);
const OF_RESPONSES = ['previous_response_id', 'conversation', 'prompt'];

// Tools that the caller runs, or that only look something up.
const HARMLESS_TOOLS = new Set([
  'apply_patch',
  'computer',
  'computer_use_preview',
  'custom',
  'file_search',
  'function',
  'image_generation',
  'local_shell',
  'web_search',
  'web_search_preview',
]);

/** What of a chat request only the account has that it was written for: the name of the field. */
export function chatState(params: Params): string | undefined {
  return keptIn(params['messages'], new Set([...KEPT_BY_ID, 'audio']));
}

/** What of a responses request only the account has that it was written for: the name of the field. */
export function responsesState(params: Params): string | undefined {
  const field = OF_RESPONSES.find((name) => params[name] !== undefined && params[name] !== null);
  if (field !== undefined) return field;
  const { input, tools } = params;
  const refers = isList(input) && input.some((item) => isRecord(item) && item['type'] === 'item_reference');
  return refers ? 'item_reference' : (keptIn(input, KEPT_BY_ID) ?? keptIn(tools, KEPT_BY_ID));
}

/** What a responses request does besides answering, when it is sent: the name of the field, or the type of a tool. */
export function responsesEffect(params: Params): string | undefined {
  if (params['background'] === true) return 'background';
  if (params['conversation'] !== undefined && params['conversation'] !== null) return 'conversation';
  const { tools } = params;
  if (!isList(tools)) return undefined;
  const types = tools.map((tool) => (isRecord(tool) ? stringOf(tool['type']) : undefined));
  return types.find((type) => type !== undefined && !HARMLESS_TOOLS.has(type.replace(/_\d{4}.*$/, '')));
}

function keptIn(value: unknown, names: ReadonlySet<string>): string | undefined {
  if (isList(value)) {
    for (const item of value) {
      const found = keptIn(item, names);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  for (const [name, inner] of Object.entries(value)) {
    // `audio` of an answer of before is `{ id }`.
    const isId = name === 'audio' ? isRecord(inner) && 'id' in inner : inner !== null && inner !== undefined;
    if (names.has(name) && isId) return name;
    const found = keptIn(inner, names);
    if (found !== undefined) return found;
  }
  return undefined;
}
