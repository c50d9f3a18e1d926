import type { Evaluation } from '@interpose/core';
import type { Attributes } from '@opentelemetry/api';
import { ATTEMPT, EVALUATION_SEVERITY } from './names.ts';
import * as semconv from './semconv.ts';

/** What a judge found, as the conventions tell it. */
export function evaluationAttributes(found: Evaluation, scrub: (text: string) => string): Attributes {
  const { name, verdict, severity, score, explanation, responseId, attempt } = found;
  return {
    [semconv.EVALUATION_NAME]: name,
    [semconv.EVALUATION_LABEL]: verdict,
    ...(score !== undefined && { [semconv.EVALUATION_SCORE]: score }),
    ...(explanation !== undefined && { [semconv.EVALUATION_EXPLANATION]: scrub(explanation) }),
    ...(responseId !== undefined && { [semconv.RESPONSE_ID]: responseId }),
    [EVALUATION_SEVERITY]: severity,
    [ATTEMPT]: attempt,
  };
}
