import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fakeClock } from '@interpose/testing';
import { expect, test } from 'vitest';
import { folder } from './file.test-support.ts';
import { SqliteError } from './sqlite-error.ts';
import { sqliteLedger, type SqliteLedger } from './sqlite-ledger.ts';

/** The code and the words of the error that opening the file ends with. */
function opening(path: string): string {
  try {
    void sqliteLedger({ path, busyTimeout: 20 }).close();
    return 'opened';
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    expect(error.path).toBe(path);
    return `${error.code}: ${error.message.replace(path, 'FILE')}`;
  }
}

function reserve(ledger: SqliteLedger, id: string, amount = 1) {
  return ledger.reserve({
    id,
    leaseMs: 60_000,
    entries: [{ account: 'a', cap: 1e6, amount, keepMs: 60_000 }],
  });
}

/** Where the first page of a table is. */
function pageOf(path: string, table: string): [from: number, to: number] {
  using database = new DatabaseSync(path);
  const { page } = database
    .prepare('SELECT rootpage AS page FROM sqlite_schema WHERE name = ?')
    .get(table) as {
    page: number;
  };
  return [(page - 1) * 4096, page * 4096];
}

test('a folder that is not there, or a folder in its place', () => {
  using place = folder();
  const text = 'sqlite_unusable: sqlite: FILE cannot be opened; its folder has to exist, and to be writable';
  expect(opening(join(place.path, 'no', 'layer.db'))).toBe(text);
  mkdirSync(place.file);
  expect(opening(place.file)).toBe(text);
  expect(opening(':memory:')).toMatch(/^sqlite_unusable: .* its journal stays 'memory'/);
});

test('a file that is no database, and it stays as it is', () => {
  using place = folder();
  const text = 'Dear diary, '.repeat(500);
  writeFileSync(place.file, text);
  expect(opening(place.file)).toBe('sqlite_not_a_database: sqlite: FILE is no SQLite database');
  expect(readFileSync(place.file, 'utf8')).toBe(text);
});

test('the database of another application, and it stays as it is', () => {
  using place = folder();
  using theirs = new DatabaseSync(place.file);
  theirs.exec('CREATE TABLE orders (id INTEGER)');
  const before = readFileSync(place.file);
  expect(opening(place.file)).toMatch(/^sqlite_foreign: .* another application; name a file of its own$/);
  expect(readFileSync(place.file).equals(before)).toBe(true);
});

test('a file of a newer version, and it stays as it is', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  new DatabaseSync(place.file).exec('PRAGMA user_version = 99');
  expect(opening(place.file)).toMatch(
    /^sqlite_newer: .* is of version 99, and this package knows up to \d+; update/,
  );
});

test('a file that may not be written to', async () => {
  using place = folder();
  const ledger = sqliteLedger({ path: place.file });
  await reserve(ledger, '1');
  await ledger.close();
  const user = process.geteuid?.();
  chmodSync(place.file, 0o444);
  chmodSync(place.path, 0o555);
  // Nothing is read-only to root.
  if (user === 0) process.seteuid?.(65_534);
  const said = opening(place.file);
  if (user === 0) process.seteuid?.(0);
  chmodSync(place.path, 0o755);
  expect(said).toMatch(/^sqlite_(read_only|unusable): .* writable$/);
});

test('damage within the file: the step says so', async () => {
  using place = folder();
  const before = sqliteLedger({ path: place.file });
  for (let number = 0; number < 300; number++) await reserve(before, String(number));
  await before.close();
  const bytes = readFileSync(place.file);
  bytes.fill(0xa5, ...pageOf(place.file, 'ledger_account'));
  writeFileSync(place.file, bytes);
  const ledger = sqliteLedger({ path: place.file });
  await expect(reserve(ledger, 'x')).rejects.toMatchObject({
    name: 'SqliteError',
    code: 'sqlite_corrupt',
  });
  await ledger.close();
});

test('a file that was cut short', async () => {
  using place = folder();
  const before = sqliteLedger({ path: place.file });
  for (let number = 0; number < 300; number++) await reserve(before, String(number));
  await before.close();
  truncateSync(place.file, 4096);
  const said = opening(place.file);
  expect(said).toMatch(/^sqlite_corrupt: .* is damaged/);
});

test('a locked file: opening waits, and then says so', async () => {
  using place = folder();
  await sqliteLedger({ path: place.file }).close();
  using other = new DatabaseSync(place.file);
  other.exec('BEGIN IMMEDIATE');
  expect(opening(place.file)).toBe('sqlite_locked: sqlite: FILE is locked by another process');
  other.exec('ROLLBACK');
  expect(opening(place.file)).toBe('opened');
});

test('a locked file: a step waits as long as it may, does not hold others up, and changes nothing', async () => {
  using place = folder();
  const clock = fakeClock();
  await using ledger = sqliteLedger({ path: place.file, clock, busyTimeout: '1s' });
  using other = new DatabaseSync(place.file);
  other.exec('BEGIN IMMEDIATE');
  const steps = Promise.allSettled([reserve(ledger, '1'), reserve(ledger, '2')]);
  await clock.advance('2s');
  expect((await steps).map((step) => step.status === 'rejected' && step.reason.code)).toEqual([
    'sqlite_locked',
    'sqlite_locked',
  ]);
  const third = reserve(ledger, '3');
  await clock.advance('500ms');
  other.exec('ROLLBACK');
  await clock.advance('500ms');
  expect((await third).accounts).toEqual([{ account: 'a', spent: 0, held: 1 }]);
});

test('close() twice, and steps after it', async () => {
  using place = folder();
  const ledger = sqliteLedger({ path: place.file });
  const asked = reserve(ledger, '1');
  await Promise.all([ledger.close(), ledger.close()]);
  await ledger.close();
  expect((await asked).exceeded).toBeUndefined();
  await expect(reserve(ledger, '2')).rejects.toMatchObject({ code: 'sqlite_closed' });
  await expect(ledger.spend()).rejects.toMatchObject({ code: 'sqlite_closed' });
});
