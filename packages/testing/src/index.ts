// For users: a provider that costs nothing and fails on demand.
export * from './fake-provider/index.ts';

// For authors of interceptors: the pieces of a test, and the suite that every interceptor passes.
export { scripted } from './scripted.ts';
export type { ScriptedAnswer, ScriptedHandler, ScriptedResponse, ScriptedResult } from './scripted.ts';
export type { ScriptedStream } from './event-stream.ts';
export { callOf } from './call-of.ts';
export type { CallOverrides } from './call-of.ts';
export { fakeClock } from './fake-clock.ts';
export type { FakeClock } from './fake-clock.ts';
export { seededRandom } from './seeded-random.ts';
export { recordEvents } from './record-events.ts';
export type { EventRecord } from './record-events.ts';
export { interceptorSuite } from './interceptor-suite/interceptor-suite.ts';
export type { InterceptorSuiteOptions, SubjectFactory, SuiteCase } from './interceptor-suite/subject.ts';
