/** Marks a file as one of this package: the letters `Intp`. See https://www.sqlite.org/pragma.html#pragma_application_id */
export const APPLICATION_ID = 0x49_6e_74_70;

/**
 * What makes each version of the file of the one before. A file's `user_version` says how many of them it has seen, so
 * they are only ever appended to.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE ledger_account (
    name TEXT NOT NULL PRIMARY KEY,
    spent INTEGER NOT NULL,
    held INTEGER NOT NULL,
    until INTEGER NOT NULL          -- when it may be forgotten
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_account_until ON ledger_account (until);

  CREATE TABLE ledger_reservation (
    id TEXT NOT NULL PRIMARY KEY,
    lease INTEGER NOT NULL          -- when it lapses
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_reservation_lease ON ledger_reservation (lease);

  CREATE TABLE ledger_entry (
    id TEXT NOT NULL,               -- of the reservation
    position INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    keep INTEGER NOT NULL,          -- how long the account is of use after this, in ms
    lease INTEGER NOT NULL,
    lapsed INTEGER NOT NULL,        -- 1 when the account has it as spent
    PRIMARY KEY (id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX ledger_entry_account ON ledger_entry (account, lapsed, lease);

  CREATE TABLE ledger_posting (
    day TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    tenant TEXT NOT NULL,
    user TEXT NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    inputTokens INTEGER NOT NULL,
    outputTokens INTEGER NOT NULL,
    cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    PRIMARY KEY (day, endpoint, tenant, user, model)
  ) STRICT, WITHOUT ROWID;
  `,
  // All in microseconds since the epoch, by the time that the processes of the file share.
  `
  CREATE TABLE limit_time (
    latest INTEGER NOT NULL         -- when the last step was
  ) STRICT;
  INSERT INTO limit_time VALUES (0);

  CREATE TABLE limit_rate (
    key TEXT NOT NULL PRIMARY KEY,
    tat INTEGER NOT NULL,           -- when all that was taken will have been earned
    until INTEGER NOT NULL          -- when it may be forgotten
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_rate_until ON limit_rate (until);

  CREATE TABLE limit_slot (
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    lapses INTEGER NOT NULL,
    PRIMARY KEY (key, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX limit_slot_lapses ON limit_slot (lapses);
  `,
  // In milliseconds since the epoch. An id is never used again: whoever reads the pieces of an entry one after the other
  // would else go on with those of another.
  `
  CREATE TABLE cache_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE,                -- NULL as long as pieces are missing
    size INTEGER NOT NULL,          -- what it counts for, in bytes
    pieces INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER NOT NULL           -- when it was last asked for, roughly
  ) STRICT;
  CREATE INDEX cache_entry_expires ON cache_entry (expires);
  CREATE INDEX cache_entry_used ON cache_entry (used);

  CREATE TABLE cache_piece (
    entry INTEGER NOT NULL,
    position INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (entry, position)
  ) STRICT;

  CREATE TABLE cache_total (
    size INTEGER NOT NULL           -- of all entries
  ) STRICT;
  INSERT INTO cache_total VALUES (0);
  CREATE TRIGGER cache_entry_added AFTER INSERT ON cache_entry BEGIN
    UPDATE cache_total SET size = size + new.size;
  END;
  CREATE TRIGGER cache_entry_dropped AFTER DELETE ON cache_entry BEGIN
    UPDATE cache_total SET size = size - old.size;
    DELETE FROM cache_piece WHERE entry = old.id;
  END;

  CREATE TABLE cache_lease (
    key TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    since INTEGER NOT NULL,
    lapses INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX cache_lease_lapses ON cache_lease (lapses);
  `,
];
