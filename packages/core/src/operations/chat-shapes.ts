import type { ChatParams } from './chat.ts';
import { functionSchemas, records } from './function-schemas.ts';
import { isRecord } from './json.ts';
import type { Shapes } from './operation.ts';

/** The shapes that a chat request asks its answers to have. */
export function chatShapes(params: ChatParams): Shapes {
  const { response_format: format, tools, functions } = params;
  const schemas =
    tools === undefined && functions === undefined
      ? undefined
      : functionSchemas([...records(tools).map((tool) => tool['function']), ...records(functions)]);
  const answer = isRecord(format) ? answerShape(format['type'], format['json_schema']) : undefined;
  return { ...(answer && { answer }), ...(schemas && { functions: schemas }) };
}

/** What an answer has to be, by the type of its format and what that format holds. */
export function answerShape(type: unknown, holder: unknown): Shapes['answer'] {
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema' || !isRecord(holder)) return undefined;
  return holder['schema'] === undefined ? { kind: 'json' } : { kind: 'schema', schema: holder['schema'] };
}
