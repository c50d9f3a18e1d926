import { isList, isRecord, stringOf, withField, type JsonRecord } from './json.ts';
import type { Params } from './operation.ts';

/** A tool that a request offers to the model. */
export interface OfferedTool {
  /** Of a function, its name; of an MCP server, its label; of the provider's own tools, their type: `web_search`. */
  readonly name: string;
  /** `function`, `custom`, `mcp`, `web_search`, ... */
  readonly type: string;
  /** Where it stands: `tools.0`. */
  readonly place: string;
}

/** What is of no use without tools; some providers refuse it. */
const ABOUT_TOOLS = ['parallel_tool_calls', 'max_tool_calls'] as const;

/** The tools that a request offers: those of chat and of responses, functions of the older kind, and searches of the web. */
export function toolsIn(params: Params): readonly OfferedTool[] {
  const { tools, functions, web_search_options: search } = params;
  return [
    ...offered(tools, 'tools'),
    ...offered(functions, 'functions'),
    ...(isRecord(search) ? [{ name: 'web_search', type: 'web_search', place: 'web_search_options' }] : []),
  ];
}

/**
 * The same request without the tools that `drop` names, and without what chooses one of them; the same object where there
 * is none of them.
 */
export function withoutTools<P extends Params>(params: P, drop: (tool: OfferedTool) => boolean): P {
  const dropped = toolsIn(params).filter(drop);
  if (dropped.length === 0) return params;
  const names = new Set(dropped.map(({ name }) => name));
  const places = new Set(dropped.map(({ place }) => place));
  const kept: Record<string, unknown> = { ...params };
  if (places.has('web_search_options')) delete kept['web_search_options'];
  for (const field of ['tools', 'functions'] as const) {
    const left = remaining(params[field], field, places);
    if (left.length > 0) kept[field] = left;
    else delete kept[field];
  }
  const choices = [
    ['tool_choice', kept['tools']],
    ['function_call', kept['functions']],
  ] as const;
  for (const [field, left] of choices) {
    const choice = left === undefined ? undefined : narrowed(kept[field], names);
    if (choice === undefined) delete kept[field];
    else kept[field] = choice;
  }
  if (kept['tools'] === undefined) for (const field of ABOUT_TOOLS) delete kept[field];
  return kept as P;
}

function offered(tools: unknown, path: string): readonly OfferedTool[] {
  if (!isList(tools)) return [];
  return tools.flatMap((tool, index) => {
    if (!isRecord(tool)) return [];
    const place = `${path}.${index}`;
    // A namespace is a list of functions by a name of its own.
    return [{ ...nameOf(tool), place }, ...offered(tool['tools'], `${place}.tools`)];
  });
}

function nameOf(tool: JsonRecord): Pick<OfferedTool, 'name' | 'type'> {
  const type = stringOf(tool['type']) ?? 'function';
  const inner = tool[type];
  const name = stringOf(isRecord(inner) ? inner['name'] : undefined);
  return { name: name ?? stringOf(tool['name']) ?? stringOf(tool['server_label']) ?? type, type };
}

function remaining(tools: unknown, path: string, dropped: ReadonlySet<string>): readonly unknown[] {
  if (!isList(tools)) return [];
  return tools.flatMap((tool, index) => {
    const place = `${path}.${index}`;
    if (dropped.has(place)) return [];
    if (!isRecord(tool) || !isList(tool['tools'])) return [tool];
    const inner = remaining(tool['tools'], `${place}.tools`, dropped);
    if (inner.length === tool['tools'].length) return [tool];
    return inner.length > 0 ? [withField(tool, 'tools', inner)] : [];
  });
}

/** A choice among tools without those that there are no more; undefined where nothing of it is left. */
function narrowed(choice: unknown, names: ReadonlySet<string>): unknown {
  if (!isRecord(choice)) return choice;
  if (choice['type'] !== 'allowed_tools') return names.has(nameOf(choice).name) ? undefined : choice;
  // Chat has the list in an object of its own.
  const inner = choice['allowed_tools'];
  const holder = isRecord(inner) ? inner : choice;
  const listed = isList(holder['tools']) ? holder['tools'] : [];
  const left = listed.filter((tool) => !(isRecord(tool) && names.has(nameOf(tool).name)));
  if (left.length === 0) return undefined;
  const narrower = withField(holder, 'tools', left);
  return isRecord(inner) ? withField(choice, 'allowed_tools', narrower) : narrower;
}
