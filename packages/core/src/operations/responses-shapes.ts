import { answerShape } from './chat-shapes.ts';
import { functionSchemas, records } from './function-schemas.ts';
import { isRecord, type JsonRecord } from './json.ts';
import type { Shapes } from './operation.ts';
import type { ResponsesParams } from './responses.ts';

/** The shapes that a responses request asks its answers to have. */
export function responsesShapes(params: ResponsesParams): Shapes {
  const { text, tools } = params;
  const format = isRecord(text) ? text['format'] : undefined;
  const answer = isRecord(format) ? answerShape(format['type'], format) : undefined;
  const schemas = tools === undefined ? undefined : functionSchemas(functionsIn(records(tools)));
  return { ...(answer && { answer }), ...(schemas && { functions: schemas }) };
}

/** The functions among tools, also those of a namespace. */
function functionsIn(tools: readonly JsonRecord[]): readonly JsonRecord[] {
  return tools.flatMap((tool) =>
    tool['type'] === 'function'
      ? [tool]
      : tool['type'] === 'namespace'
        ? functionsIn(records(tool['tools']))
        : [],
  );
}
