// For users.
export { interpose, layerOf, pathsOf } from './interpose.ts';
export type { InterposeOptions, Paths } from './interpose.ts';
export { tags } from './tags.ts';
export { withTags } from '@interpose/core';

// For applications built on dependency injection.
export { INTERCEPTORS, OPENAI, registerOpenAI } from './register.ts';
export type { RegisterOptions } from './register.ts';
