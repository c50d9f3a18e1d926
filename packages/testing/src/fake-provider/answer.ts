import { asObject, type JsonObject } from './json.ts';
import { schemaInstance } from './schema-instance.ts';
import type { ScriptedReply } from './scripted-reply.ts';
import { stableId } from './stable-id.ts';
import { countTokens, pieces } from './tokens.ts';

/** A function that the model may call. */
export interface Tool {
  readonly name: string;
  readonly parameters: unknown;
}

/** What chat and responses requests have in common. */
export interface Prompt {
  readonly lastUserText: string;
  /** Results of tools that came after the last words of the model. */
  readonly toolResults: readonly string[];
  readonly inputTokens: number;
  /** Schema that the answer must satisfy. */
  readonly schema?: unknown;
  readonly tools: readonly Tool[];
  /** `auto`, `none`, `required`, or `{ name }` of a function. */
  readonly toolChoice: unknown;
  readonly maxTokens: number;
  readonly stop: readonly string[];
}

/** A call of a tool by the model; `arguments` is JSON, unless a limit cut it short. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What the model says, before it has the form of an operation. */
export interface Answer {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** `stop`, `length`, `tool_calls`, `content_filter`. */
  readonly finishReason: string;
  readonly reasoningTokens: number;
  /** All of the output, reasoning included. */
  readonly outputTokens: number;
}

/**
 * Answers a prompt: as scripted, or else with a tool call if one is asked for, an instance of the schema if there is
 * one, the tools' results, or an echo.
 *
 * @param choice which of `n` choices; all but the first say their number
 */
export function answer(prompt: Prompt, reply: ScriptedReply, seed: string, choice = 0): Answer {
  const { reasoning = '', refusal = '' } = reply;
  const scripted = reply.text ?? reply.toolCalls ?? reply.refusal;
  const calls = reply.toolCalls ?? (scripted === undefined ? wantedCalls(prompt) : []);
  const speaks = scripted === undefined && calls.length === 0;
  const said = speaks ? ownWords(prompt, choice) : scriptedText(reply, choice);
  const text = beforeStop(said, prompt.stop);

  const limit = new TokenLimit(prompt.maxTokens);
  const kept = {
    reasoning: limit.take(reasoning),
    text: limit.take(text),
    refusal: limit.take(refusal),
  };
  const reasoningTokens = countTokens(kept.reasoning);
  const toolCalls = calls.flatMap((call, index) => {
    if (limit.reached) return [];
    const { name, arguments: args = {} } = call;
    const json = limit.take(typeof args === 'string' ? args : JSON.stringify(args));
    return [{ id: stableId('call_', `${seed}${choice}.${index}`), name, arguments: json }];
  });
  const natural = limit.reached ? 'length' : toolCalls.length > 0 ? 'tool_calls' : 'stop';
  const finishReason = reply.finishReason ?? natural;
  return { ...kept, toolCalls, finishReason, reasoningTokens, outputTokens: limit.used };
}

class TokenLimit {
  used = 0;
  /** Whether something had to be left out. */
  reached = false;
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  take(text: string): string {
    const all = pieces(text);
    const kept = all.slice(0, Math.max(0, this.#most - this.used));
    this.used += kept.length;
    if (kept.length === all.length) return text;
    this.reached = true;
    return kept.join('');
  }
}

function scriptedText({ text = '' }: ScriptedReply, choice: number): string {
  return typeof text === 'string' ? text : (text[choice] ?? text.at(-1) ?? '');
}

function ownWords({ schema, toolResults, lastUserText }: Prompt, choice: number): string {
  if (schema !== undefined) return JSON.stringify(schemaInstance(schema));
  const words = toolResults.length > 0 ? `Tool said: ${toolResults.join('; ')}` : `You said: ${lastUserText}`;
  return choice === 0 ? words : `${words} (${choice + 1})`;
}

function wantedCalls({ tools, toolChoice, toolResults, lastUserText }: Prompt): readonly AskedCall[] {
  // A tool that has answered is not called again: a loop over tool calls must come to its end.
  if (toolResults.length > 0 || toolChoice === 'none') return [];
  const { name } = asObject(toolChoice);
  const mentioned = tools.filter((tool) => mention(tool, lastUserText) !== -1);
  const required = mentioned.length === 0 && toolChoice === 'required' ? tools.slice(0, 1) : mentioned;
  const wanted = name === undefined ? required : tools.filter((tool) => tool.name === name);
  return wanted.map((tool) => call(tool, lastUserText));
}

interface AskedCall {
  readonly name: string;
  readonly arguments: unknown;
}

function call(tool: Tool, text: string): AskedCall {
  return { name: tool.name, arguments: givenArguments(tool, text) ?? schemaInstance(tool.parameters ?? {}) };
}

/** Finds where `call <name>` ends in a text, or gives -1. A longer name that starts the same is another tool. */
function mention({ name }: Tool, text: string): number {
  const phrase = `call ${name}`;
  for (let at = text.indexOf(phrase); at !== -1; at = text.indexOf(phrase, at + 1)) {
    const end = at + phrase.length;
    if (!/[\w-]/.test(text.charAt(end))) return end;
  }
  return -1;
}

/** Reads the JSON object of `call add {"a":1}`, so that a user can say what the tool is to be called with. */
function givenArguments(tool: Tool, text: string): JsonObject | undefined {
  const rest = text.slice(Math.max(0, mention(tool, text))).trim();
  if (!rest.startsWith('{')) return undefined;
  try {
    return asObject(JSON.parse(rest.slice(0, rest.lastIndexOf('}') + 1)));
  } catch {
    return undefined;
  }
}

function beforeStop(text: string, stop: readonly string[]): string {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at !== -1);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}
