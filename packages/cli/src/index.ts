// For users: what the command prints with `--json`, and the command itself for a program that has it inside.
export { main } from './main.ts';
export type { Host } from './host.ts';
export type { SpendJson, SpendJsonRow, SpendJsonSums } from './spend-json.ts';
