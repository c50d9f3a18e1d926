import 'reflect-metadata';
import { Socket } from 'node:net';
import { StatementSync } from 'node:sqlite';
import type { Ledger } from '@interpose/budget';
import type { Interceptor } from '@interpose/core';
import { openBooks } from './books.ts';
import { clientOf, limitOf } from './client.ts';
import type { CrashOrder, Point } from './crash.ts';
import { ASKED } from './order.ts';

// Makes one call, and is gone at exactly one point of it.
const { baseURL, store, point, cap } = JSON.parse(process.argv[2] ?? '{}') as CrashOrder;

function dieAt(here: Point): void {
  if (here === point) process.kill(process.pid, 'SIGKILL');
}

let settling = false;

/** Puts a step before a method, of all objects of a class. */
function before(prototype: object, method: string, step: (self: unknown, first: unknown) => void): void {
  const own = Reflect.get(prototype, method) as (...args: unknown[]) => unknown;
  Reflect.set(prototype, method, function (this: unknown, ...args: unknown[]) {
    step(this, args[0]);
    return Reflect.apply(own, this, args);
  });
}

// The last thing that a step in SQLite does, when all is written and nothing is done.
before(StatementSync.prototype, 'run', (statement) => {
  if (settling && (statement as StatementSync).sourceSQL === 'COMMIT') dieAt('within the settlement');
});
// The script is with the kernel when the turn is over, and nobody is there to read the answer.
before(Socket.prototype, 'write', (_, chunk) => {
  const isScript = settling && typeof chunk === 'string' && chunk.includes('EVALSHA');
  if (isScript) process.nextTick(() => dieAt('within the settlement'));
});

const books = openBooks(store);
const ledger: Ledger = {
  ...books,
  async reserve(reservation) {
    dieAt('before the hold');
    return books.reserve(reservation);
  },
  async settle(settlement) {
    dieAt('answered, not settled');
    settling = true;
    const states = await books.settle(settlement);
    dieAt('settled');
    return states;
  },
};
const aboutToSend: Interceptor = (next) => (call) => {
  dieAt('held, not sent');
  return next(call);
};

const openai = clientOf({ baseURL }, { ledger, limits: [limitOf(cap, point)] }, aboutToSend);
const stream = await openai.chat.completions.create({ ...ASKED, model: point, stream: true });
for await (const chunk of stream) if (chunk.choices[0]?.delta.content) dieAt('in mid-stream');
