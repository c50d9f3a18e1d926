// Names of our own, for what no convention covers.

export const CALL_ID = 'interpose.call.id';
/** How the call ended: `completed`, `truncated`, `failed`, `aborted`, `abandoned`, `refused`. */
export const OUTCOME = 'interpose.outcome';
/** Who answered: `provider`, `cache`, ... */
export const SOURCE = 'interpose.source';
/** The unit that ended the reply before the provider did, because it had enough. */
export const STOPPED_BY = 'interpose.stopped_by';
/** Requests that were sent to the provider. */
export const ATTEMPTS = 'interpose.attempts';
/** The model that an attempt asked for. */
export const MODEL = 'interpose.model';
/** Which attempt of its call a span is of, from 1. */
export const ATTEMPT = 'interpose.attempt';
/** The provider's id of the request, for its support. */
export const REQUEST_ID = 'interpose.request.id';
/** The code of the provider or the platform behind a failure. */
export const FAILURE_CODE = 'interpose.failure.code';
/** The code of the unit that refused. */
export const REFUSAL_CODE = 'interpose.refusal.code';
export const COST_USD = 'interpose.cost.usd';
/** Where the provider reported no usage. Not among `gen_ai.usage.*`, which backends add up. */
export const ESTIMATED_INPUT = 'interpose.usage.estimated.input_tokens';
export const ESTIMATED_OUTPUT = 'interpose.usage.estimated.output_tokens';
/** What an answer that did not come from the provider would have used. */
export const SAVED_INPUT = 'interpose.usage.saved.input_tokens';
export const SAVED_OUTPUT = 'interpose.usage.saved.output_tokens';
export const DETOUR_KIND = 'interpose.detour.kind';
export const DETOUR_TARGET = 'interpose.detour.target';
/** Whether content was cut to its limit. */
export const CONTENT_CUT = 'interpose.content.cut';
export const LIMIT = 'interpose.limit';
export const LIMIT_UNIT = 'interpose.limit.unit';
/** The rule that found something, where, and what was done. */
export const REDACTION_RULE = 'interpose.redaction.rule';
export const REDACTION_DIRECTION = 'interpose.redaction.direction';
export const REDACTION_ACTION = 'interpose.redaction.action';
/** What was asked of an answer, what came of it, and what a failure means. */
export const EVALUATION_NAME = 'interpose.evaluation.name';
export const EVALUATION_VERDICT = 'interpose.evaluation.verdict';
export const EVALUATION_SEVERITY = 'interpose.evaluation.severity';
/** The unit of the stack that reports an event. */
export const UNIT = 'interpose.unit';
export const TAG_PREFIX = 'interpose.tag.';
/** Of the events on a span. */
export const EVENT_PREFIX = 'interpose.';
