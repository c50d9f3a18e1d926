// Names of the OpenTelemetry semantic conventions for generative AI (repository semantic-conventions-genai, all of them
// in development), as they stand with semantic conventions 1.44; and, where they were others, those of 1.41. Kept here,
// because the constants of the npm package are marked as moved and lag behind.

export const OPERATION_NAME = 'gen_ai.operation.name';
export const PROVIDER_NAME = 'gen_ai.provider.name';
export const REQUEST_MODEL = 'gen_ai.request.model';
export const RESPONSE_MODEL = 'gen_ai.response.model';
export const SERVER_ADDRESS = 'server.address';
export const SERVER_PORT = 'server.port';
export const ERROR_TYPE = 'error.type';
export const HTTP_STATUS = 'http.response.status_code';

export const CONVERSATION_ID = 'gen_ai.conversation.id';
export const OUTPUT_TYPE = 'gen_ai.output.type';
export const CHOICE_COUNT = 'gen_ai.request.choice.count';
export const SEED = 'gen_ai.request.seed';
export const STREAM = 'gen_ai.request.stream';
export const FREQUENCY_PENALTY = 'gen_ai.request.frequency_penalty';
export const PRESENCE_PENALTY = 'gen_ai.request.presence_penalty';
export const MAX_TOKENS = 'gen_ai.request.max_tokens';
export const STOP_SEQUENCES = 'gen_ai.request.stop_sequences';
export const TEMPERATURE = 'gen_ai.request.temperature';
export const TOP_P = 'gen_ai.request.top_p';
export const TOP_K = 'gen_ai.request.top_k';
export const REASONING_LEVEL = 'gen_ai.request.reasoning.level';
export const ENCODING_FORMATS = 'gen_ai.request.encoding_formats';
export const DIMENSION_COUNT = 'gen_ai.embeddings.dimension.count';

export const RESPONSE_ID = 'gen_ai.response.id';
export const FINISH_REASONS = 'gen_ai.response.finish_reasons';
export const TIME_TO_FIRST_CHUNK = 'gen_ai.response.time_to_first_chunk';
export const API_TYPE = 'openai.api.type';
export const REQUEST_SERVICE_TIER = 'openai.request.service_tier';
export const RESPONSE_SERVICE_TIER = 'openai.response.service_tier';
export const SYSTEM_FINGERPRINT = 'openai.response.system_fingerprint';

export const INPUT_TOKENS = 'gen_ai.usage.input_tokens';
export const OUTPUT_TOKENS = 'gen_ai.usage.output_tokens';
export const CACHE_READ_TOKENS = 'gen_ai.usage.cache_read.input_tokens';
export const CACHE_WRITE_TOKENS = 'gen_ai.usage.cache_write.input_tokens';
/** Of 1.41: what is `CACHE_WRITE_TOKENS` now. */
export const CACHE_CREATION_TOKENS = 'gen_ai.usage.cache_creation.input_tokens';
export const REASONING_TOKENS = 'gen_ai.usage.reasoning.output_tokens';

export const SYSTEM_INSTRUCTIONS = 'gen_ai.system_instructions';
export const INPUT_MESSAGES = 'gen_ai.input.messages';
export const OUTPUT_MESSAGES = 'gen_ai.output.messages';
export const TOOL_DEFINITIONS = 'gen_ai.tool.definitions';
/** The event that carries content. */
export const DETAILS_EVENT = 'gen_ai.client.inference.operation.details';
/** The environment's word on what content is captured. */
export const CAPTURE_VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';

/** The event that tells what a judge found, and what it has. */
export const EVALUATION_EVENT = 'gen_ai.evaluation.result';
export const EVALUATION_NAME = 'gen_ai.evaluation.name';
export const EVALUATION_LABEL = 'gen_ai.evaluation.score.label';
export const EVALUATION_SCORE = 'gen_ai.evaluation.score.value';
export const EVALUATION_EXPLANATION = 'gen_ai.evaluation.explanation';

export const TOKEN_MODALITY = 'gen_ai.token.modality';
/** Of 1.41. */
export const TOKEN_TYPE = 'gen_ai.token.type';
