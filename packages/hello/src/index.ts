// For users.
export { hello } from './hello.ts';
export type { HelloOptions } from './hello.ts';
