import type { Conversation, Entry, Speaker } from './conversation.ts';
import { isList, isRecord, mapItems, stringOf, withField, type JsonRecord } from './json.ts';
import type { ResponsesItem, ResponsesParams } from './responses.ts';

/** Outputs that are a text, or may be one. */
const TEXT_OUTPUTS: ReadonlySet<unknown> = new Set([
  'function_call_output',
  'custom_tool_call_output',
  'local_shell_call_output',
]);

const typeOf = (item: JsonRecord): string =>
  stringOf(item['type']) ?? (typeof item['role'] === 'string' ? 'message' : '');

/** What an output is the output of; undefined for an item that is none. */
function answeredBy(item: JsonRecord): string | undefined {
  const type = typeOf(item);
  if (type === 'mcp_approval_response') return stringOf(item['approval_request_id']) ?? '';
  return type.endsWith('_output') ? (stringOf(item['call_id']) ?? '') : undefined;
}

/** Whether an item is of a model's making: such are given back as they came, and in the company in which they came. */
function isMade(item: JsonRecord): boolean {
  const type = typeOf(item);
  if (type === 'message') return item['role'] === 'assistant';
  return (
    type.endsWith('_call') ||
    ['reasoning', 'program', 'mcp_list_tools', 'mcp_approval_request', 'item_reference'].includes(type)
  );
}

function speakerOf(item: JsonRecord): Speaker | undefined {
  // What it refers to, only the provider knows.
  if (typeOf(item) === 'item_reference') return undefined;
  if (isMade(item)) return 'assistant';
  const { role } = item;
  if (typeOf(item) !== 'message') return undefined;
  return role === 'user' || role === 'system' || role === 'developer' ? role : undefined;
}

function entries({ input }: ResponsesParams): readonly Entry[] {
  if (typeof input === 'string') return [{ value: input, speaker: 'user', group: 0, place: 'input' }];
  if (!isList(input)) return [];
  const groups = new Map<string, number>();
  /** The step of the model to which what it made next belongs. */
  let step: { readonly group: number; reasoned: boolean; answered: boolean } | undefined;

  return input.map((value, index): Entry => {
    const item: JsonRecord = isRecord(value) ? value : {};
    const place = `input.${index}`;
    const answered = answeredBy(item);
    if (answered !== undefined) {
      const group = groups.get(answered);
      if (step) step.answered = true;
      return group === undefined
        ? { value, speaker: undefined, group: index, place }
        : { value, speaker: 'tool', group, place };
    }
    if (!isMade(item)) {
      const speaker = speakerOf(item);
      // It may be of the model's making, and what reasoning led to.
      if (speaker === undefined && step) return { value, speaker, group: step.group, place };
      step = undefined;
      return { value, speaker, group: index, place };
    }
    const reasons = typeOf(item) === 'reasoning';
    // Outputs may stand between the calls of one step. Of calls that were reasoned about, none may lose its reasoning.
    if (!step || (step.answered && (reasons || !step.reasoned))) {
      step = { group: index, reasoned: false, answered: false };
    }
    step.reasoned ||= reasons;
    for (const id of [stringOf(item['call_id']), stringOf(item['id'])]) {
      if (id !== undefined) groups.set(id, step.group);
    }
    return { value, speaker: speakerOf(item), group: step.group, place };
  });
}

function say(role: 'system' | 'user' | 'assistant', text: string): JsonRecord {
  return { type: 'message', role, content: text };
}

/** Tells the items of a response's input apart: reasoning, what it led to, and the outputs of its calls are one group. */
export const responsesConversation: Conversation<ResponsesParams> = {
  entries,
  withEntries(params, values) {
    const [only] = values;
    if (values.length === 1 && typeof only === 'string') return withField(params, 'input', only);
    return withField(
      params,
      'input',
      values.map((value) => (typeof value === 'string' ? say('user', value) : value)),
    );
  },
  say,
  withOutput: (value, text) =>
    isRecord(value) && TEXT_OUTPUTS.has(value['type']) ? withField(value, 'output', text) : value,
  withoutInstructions(params) {
    const { instructions, input, ...rest } = params;
    const items = typeof input === 'string' ? [say('user', input)] : isList(input) ? input : [];
    const said = mapItems(items, (item) =>
      isRecord(item) && (item['role'] === 'system' || item['role'] === 'developer')
        ? withField(item, 'role', 'user')
        : item,
    );
    const first = typeof instructions === 'string' && instructions !== '';
    if (!first && said === items) return params;
    const all = first ? [say('user', instructions), ...said] : said;
    return { ...rest, input: all as readonly ResponsesItem[] };
  },
};
