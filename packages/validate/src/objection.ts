import type { Turn } from '@interpose/core';
import type { Choice, Said } from './answers.ts';
import { wordsOf } from './invalid-output-error.ts';
import type { Violation } from './violation.ts';

const NOT_DONE = 'Not done: other arguments of this turn are not valid. Make this call again as well.';

/** The turn of an answer that is not valid, with what is to be said to it. */
export function objectionTo({ texts, calls }: Choice, violations: readonly Violation[]): Turn {
  const text = texts.map((said) => said.text).join('');
  const answered = calls.length === 0 || violations.some((violation) => violation.function === undefined);
  return {
    ...(text !== '' && { text }),
    calls: calls.map((said) => ({
      ...callOf(said),
      arguments: asJson(said.text),
      result: resultOf(said, violations),
    })),
    ...(answered && { reply: replyTo(violations.filter((violation) => violation.function === undefined)) }),
  };
}

function callOf({ call }: Said): { readonly name: string; readonly callId?: string } {
  return { name: call?.name ?? '', ...(call?.callId !== undefined && { callId: call.callId }) };
}

function resultOf({ call }: Said, violations: readonly Violation[]): string {
  const wrong = violations.filter((violation) => violation.function === call?.name);
  if (wrong.length === 0) return NOT_DONE;
  return `Error: the arguments are not valid, and the call was not made.\n${listed(wrong)}\nMake the call again with arguments that keep the schema of the function.`;
}

function replyTo(violations: readonly Violation[]): string {
  const shape = violations.some(({ rule }) => rule === 'json' || rule === 'schema');
  const how = shape
    ? 'Answer again, with the whole of the corrected JSON and nothing else.'
    : 'Answer again, so that it does.';
  return `This answer does not keep what was asked for:\n${listed(violations)}\n${how}`;
}

function listed(violations: readonly Violation[]): string {
  return violations.map((violation) => `- ${wordsOf(violation)}`).join('\n');
}

/** Not every provider takes arguments that are not JSON, even if it wrote them. */
function asJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return '{}';
  }
}
