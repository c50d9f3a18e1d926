import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Ledger, Posting } from '@interpose/budget';
import { fakeClock } from '@interpose/testing';
import type { Host, Output } from './host.ts';
import { main } from './main.ts';

const BIN = fileURLToPath(new URL('bin.ts', import.meta.url));

/** What a process said, and how it ended. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code, or the signal. */
  readonly end: number | string;
}

/** The command line that runs the bin on this Node. */
export const COMMAND: readonly string[] = [process.execPath, '--conditions=@interpose/source', BIN];

/** Runs a command line within this process. */
export async function run(
  args: readonly string[],
  { stdout = new PassThrough() as Output, ...host }: Partial<Host> = {},
): Promise<Said> {
  const stderr = new PassThrough();
  const said = [stdout, stderr].map((stream) => text(stream as PassThrough));
  const end = await main(args, { stdout, stderr, env: {}, clock: fakeClock(), ...host });
  stdout.end();
  stderr.end();
  const [out = '', err = ''] = await Promise.all(said);
  return { stdout: out, stderr: err, end };
}

/** Starts the real bin, with nothing of this process's environment but what it needs. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): ChildProcess {
  const [node = '', ...rest] = COMMAND;
  return spawn(node, [...flags, ...rest, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Waits for its end. */
export async function ended(child: ChildProcess): Promise<Said> {
  const closed = once(child, 'close');
  const said = [child.stdout, child.stderr].map((stream) => text(stream ?? new PassThrough().end()));
  const [stdout = '', stderr = ''] = await Promise.all(said);
  const [code, signal] = (await closed) as [number | null, string | null];
  return { stdout, stderr, end: code ?? signal ?? '' };
}

export function folder(): { readonly path: string; readonly file: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'interpose-cli-'));
  return {
    path,
    file: join(path, 'spend.db'),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

let calls = 0;

/** Posts one call. */
export async function post(ledger: Ledger, fields: Partial<Posting>): Promise<void> {
  const names = { day: '2026-01-31', endpoint: 'search', tenant: 'acme', user: 'u', model: 'm' };
  const sums = { calls: 1, inputTokens: 10, outputTokens: 5, cost: 100, unpriced: 0 };
  const id = `${process.pid}-${++calls}`;
  await ledger.reserve({ id, leaseMs: 60_000, entries: [] });
  await ledger.settle({ id, amounts: {}, posting: { ...names, ...sums, ...fields } });
}

/** A terminal, so many columns wide. */
export function terminal(columns: number, colors = 1): Output {
  return Object.assign(new PassThrough(), { isTTY: true, columns, getColorDepth: () => colors });
}
