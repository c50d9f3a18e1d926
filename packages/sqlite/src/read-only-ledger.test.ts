import { chmodSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
import { reading } from './reading.ts';
import { SqliteError } from './sqlite-error.ts';
import { sqliteLedger, type SqliteLedger } from './sqlite-ledger.ts';

let calls = 0;

/** Posts one call, which came to `cost`. */
async function post(ledger: SqliteLedger, cost: number, day = '2026-01-31'): Promise<void> {
  const id = String(++calls);
  const names = { day, endpoint: 'search', tenant: 'acme', user: 'u', model: 'm' };
  await ledger.reserve({ id, leaseMs: 60_000, entries: [] });
  await ledger.settle({
    id,
    amounts: {},
    posting: { ...names, calls: 1, inputTokens: 10, outputTokens: 5, cost, unpriced: 0 },
  });
}

async function costs(ledger: SqliteLedger): Promise<number[]> {
  return (await ledger.spend()).map(({ cost }) => cost);
}

/** The code and the words of the error that opening the file to read it ends with. */
function opening(path: string): string {
  try {
    void sqliteLedger({ path, readOnly: true, busyTimeout: 20 }).close();
    return 'opened';
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    expect(error.path).toBe(path);
    return `${error.code}: ${error.message.replace(path, 'FILE')}`;
  }
}

/** Runs as a user who may not write to the folder; root may write to any. */
function asNobody<T>(path: string, work: () => T): T {
  const user = process.geteuid?.();
  chmodSync(path, 0o555);
  if (user === 0) process.seteuid?.(65_534);
  try {
    return work();
  } finally {
    if (user === 0) process.seteuid?.(0);
    chmodSync(path, 0o755);
  }
}

test('reads what was posted, changes nothing, and leaves nothing beside the file', async () => {
  using place = folder();
  const writer = sqliteLedger({ path: place.file });
  await post(writer, 7);
  await writer.close();
  const before = readFileSync(place.file);

  await using books = sqliteLedger({ path: place.file, readOnly: true });
  expect(await books.spend({ by: ['tenant', 'day'] })).toEqual([
    { tenant: 'acme', day: '2026-01-31', calls: 1, inputTokens: 10, outputTokens: 5, cost: 7, unpriced: 0 },
  ]);
  expect(await books.spend({ from: '2026-02-01' })).toEqual([]);
  expect(readdirSync(place.path)).toEqual(['layer.db']);
  expect(readFileSync(place.file).equals(before)).toBe(true);
});

test('makes no file where there is none', () => {
  using place = folder();
  const text = 'sqlite_missing: sqlite: FILE does not exist, and is not made in order to be read';
  expect(opening(place.file)).toBe(text);
  expect(opening(join(place.path, 'no', 'layer.db'))).toBe(text);
  expect(opening(':memory:')).toBe(text);
  expect(readdirSync(place.path)).toEqual([]);
});

test('sees each call of a process that writes meanwhile, and is in nobody’s way', async () => {
  using place = folder();
  await using writer = sqliteLedger({ path: place.file });
  await using books = sqliteLedger({ path: place.file, readOnly: true, busyTimeout: 0 });
  const seen: number[][] = [];
  for (let number = 0; number < 3; number++) {
    await post(writer, 1);
    seen.push(await costs(books));
  }
  expect(seen).toEqual([[1], [2], [3]]);

  using other = new DatabaseSync(place.file);
  other.exec('BEGIN IMMEDIATE; UPDATE ledger_posting SET cost = 1000');
  expect(await costs(books)).toEqual([3]);
  other.exec('COMMIT');
  expect(await costs(books)).toEqual([1000]);

  other.close();
  await writer.close();
  // It holds nothing open, or the last to write could not have put the file in order.
  expect(readdirSync(place.path)).toEqual(['layer.db']);
  expect(await costs(books)).toEqual([1000]);
});

test('looks again when somebody wrote while it was reading', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  const looks: unknown[] = [];
  reading(place.file, 0, (database) => {
    looks.push(database.prepare('SELECT count(*) AS n FROM ledger_reservation').get()?.['n']);
    if (looks.length > 1) return;
    using other = new DatabaseSync(place.file);
    other.exec("INSERT INTO ledger_reservation VALUES ('1', 1)");
  });
  expect(looks).toEqual([0, 1]);
  // Also where the first look failed of it.
  let failures = 0;
  reading(place.file, 0, () => {
    if (failures++ > 0) return;
    using other = new DatabaseSync(place.file);
    other.exec("INSERT INTO ledger_reservation VALUES ('2', 1)");
    throw new Error('half of two states');
  });
  expect(failures).toBe(2);
  expect(readdirSync(place.path)).toEqual(['layer.db']);
  // And where it does not end, or a writer stays.
  let others = 0;
  reading(place.file, 0, () => {
    using other = new DatabaseSync(place.file);
    other.exec(`INSERT INTO ledger_reservation VALUES ('other ${others++}', 1)`);
  });
  expect(others).toBe(4);
});

test('reads a file in a folder that may not be written to, with and without a writer', async () => {
  using place = folder();
  const writer = sqliteLedger({ path: place.file });
  await post(writer, 7);
  // Others may read it, and what lies beside it.
  for (const name of readdirSync(place.path)) chmodSync(join(place.path, name), 0o644);
  expect(asNobody(place.path, () => opening(place.file))).toBe('opened');
  await writer.close();
  expect(asNobody(place.path, () => opening(place.file))).toBe('opened');
  chmodSync(place.file, 0o000);
  expect(asNobody(place.path, () => opening(place.file))).toBe(
    'sqlite_unusable: sqlite: FILE cannot be opened; it has to be readable',
  );
});

test('what was written by a process that was killed', async () => {
  using place = folder();
  const writer = sqliteLedger({ path: place.file });
  await post(writer, 7);
  // The file and its WAL as they were in that moment, without the memory that the processes share.
  using after = folder();
  const files = ['', '-wal'];
  for (const suffix of files) writeFileSync(after.file + suffix, readFileSync(place.file + suffix));
  const bytes = () => files.map((suffix) => readFileSync(after.file + suffix).toString('hex'));
  const before = bytes();
  await writer.close();
  await using books = sqliteLedger({ path: after.file, readOnly: true });
  expect(await costs(books)).toEqual([7]);
  // To put it in order is for the next who writes.
  expect(bytes()).toEqual(before);
});

test('a file that is no book of ours, and it stays as it is', async () => {
  using place = folder();
  const said: string[] = [];
  const look = (): void => {
    const before = readFileSync(place.file);
    said.push(opening(place.file));
    expect(readFileSync(place.file).equals(before)).toBe(true);
    expect(readdirSync(place.path)).toEqual(['layer.db']);
  };
  const alter = (sql: string): void => {
    using theirs = new DatabaseSync(place.file);
    theirs.exec(sql);
  };
  writeFileSync(place.file, '');
  look();
  writeFileSync(place.file, 'Dear diary, '.repeat(500));
  look();
  truncateSync(place.file);
  alter('CREATE TABLE orders (id INTEGER)');
  look();
  truncateSync(place.file);
  await sqliteLedger({ path: place.file }).close();
  alter('PRAGMA user_version = 99');
  look();
  expect(said).toEqual([
    'sqlite_missing: sqlite: FILE is empty: nobody has kept books in it yet',
    'sqlite_not_a_database: sqlite: FILE is no SQLite database',
    'sqlite_foreign: sqlite: FILE is the database of another application; name a file of its own',
    expect.stringMatching(/^sqlite_newer: .* is of version 99, and this package knows up to \d+; update/),
  ]);
  using other = folder();
  mkdirSync(other.file);
  expect(opening(other.file)).toBe('sqlite_unusable: sqlite: FILE is no file');
});

test('a file whose tables are damaged', async () => {
  using place = folder();
  const writer = sqliteLedger({ path: place.file });
  for (let number = 0; number < 300; number++) await post(writer, 1, `day ${number}`);
  await writer.close();
  const bytes = readFileSync(place.file);
  // The first page tells what the file is; tables come after it.
  bytes.fill(0xa5, 4096);
  writeFileSync(place.file, bytes);
  await using books = sqliteLedger({ path: place.file, readOnly: true });
  await expect(books.spend()).rejects.toMatchObject({ name: 'SqliteError', code: 'sqlite_corrupt' });
});

test('a locked file: a report waits as long as it may, and works afterwards', async () => {
  using place = folder();
  const clock = fakeClock();
  const writer = sqliteLedger({ path: place.file });
  await post(writer, 7);
  await writer.close();
  await using books = sqliteLedger({ path: place.file, clock, readOnly: true, busyTimeout: '1s' });
  using other = new DatabaseSync(place.file);
  other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; UPDATE ledger_posting SET cost = 8');
  const failed = expect(books.spend()).rejects.toMatchObject({ code: 'sqlite_locked' });
  await clock.advance('2s');
  await failed;
  expect(opening(place.file)).toBe('sqlite_locked: sqlite: FILE is locked by another process');
  const report = costs(books);
  await clock.advance('500ms');
  other.exec('COMMIT');
  other.close();
  await clock.advance('500ms');
  expect(await report).toEqual([8]);
});

test('nothing can be written through it', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  const books = sqliteLedger({ path: place.file, readOnly: true });
  const steps = (): Promise<unknown>[] => [
    books.reserve({ id: '1', leaseMs: 1, entries: [] }),
    books.settle({ id: '1', amounts: {} }),
    books.renew(['1'], 1),
  ];
  const codes = async (asked: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(asked)).map((step) => (step.status === 'rejected' ? step.reason.code : 'done'));
  expect(await codes(steps())).toEqual(['sqlite_read_only', 'sqlite_read_only', 'sqlite_read_only']);
  const order: string[] = [];
  const asked = books.spend().then(() => order.push('report'));
  const closed = books.close().then(() => order.push('closed'));
  await Promise.all([asked, closed, books.close()]);
  expect(order).toEqual(['report', 'closed']);
  expect(await codes([...steps(), books.spend()])).toEqual(Array(4).fill('sqlite_closed'));
});
