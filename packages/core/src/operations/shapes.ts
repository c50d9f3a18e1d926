import { answerFormat } from './channel-format.ts';
import { isList, isRecord, type JsonRecord } from './json.ts';
import type { Params, Shapes } from './operation.ts';

/** The shapes that a chat or a responses request asks its answers to have. */
export function shapesIn(params: Params): Shapes {
  const answer = answerShape(params);
  const functions = functionSchemas(params);
  return { ...(answer && { answer }), ...(functions && { functions }) };
}

function answerShape(params: Params): Shapes['answer'] {
  const form = answerFormat(params);
  if (form === 'text') return undefined;
  const { response_format: ofChat, text } = params;
  // Chat has the schema in an object of its own.
  const holder = isRecord(text) ? text['format'] : isRecord(ofChat) ? ofChat['json_schema'] : undefined;
  const schema = form === 'json_schema' && isRecord(holder) ? holder['schema'] : undefined;
  return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema };
}

/** The schemas of functions by their names, also of those in a namespace and of the older kind; undefined without any. */
function functionSchemas({ tools, functions }: Params): Shapes['functions'] {
  if (tools === undefined && functions === undefined) return undefined;
  const schemas = new Map<string, unknown>();
  for (const definition of [...functionsIn(tools), ...records(functions)]) {
    const { name, parameters } = definition;
    if (typeof name === 'string') schemas.set(name, parameters ?? undefined);
  }
  return schemas.size > 0 ? schemas : undefined;
}

function functionsIn(tools: unknown): readonly JsonRecord[] {
  return records(tools).flatMap((tool) => {
    if (isList(tool['tools'])) return functionsIn(tool['tools']);
    if (isRecord(tool['function'])) return [tool['function']];
    return tool['type'] === 'function' ? [tool] : [];
  });
}

function records(value: unknown): readonly JsonRecord[] {
  return isList(value) ? value.filter(isRecord) : [];
}
