import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type BetterSQLite3Database, drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import type { Clock, EpochMs } from '#src/domain/clock.ts';

/** What a loop may wait for: something of this kind was committed. */
export type Topic = 'monitors' | 'status' | 'incidents' | 'alerts' | 'policy' | 'postmortems' | 'actions';

/** A read-only connection. `db` is drizzle; `sql` prepares raw statements once, for the hot paths. */
export interface Reader {
  readonly db: BetterSQLite3Database;
  sql<Row = Record<string, unknown>>(text: string): Database.Statement<unknown[], Row>;
}

/**
 * Rows one by one, as arrays in the order of the columns: for scans of many, where an object for each costs more than
 * reading it. The statement stays in this mode.
 */
export function inArrays<Row extends unknown[]>(
  statement: Database.Statement<unknown[], unknown>,
  parameters: readonly unknown[],
): Iterable<Row> {
  return statement.raw().iterate(...parameters) as Iterable<Row>;
}

declare const inTransaction: unique symbol;

/** The writer inside a transaction. It exists only in `transact`'s callback: nothing can be written outside one. */
export interface Tx extends Reader {
  readonly [inTransaction]: true;
  readonly now: EpochMs;
  /** The next value of the change counter. */
  nextChange(): number;
  /** Tells the listeners of a topic, once the transaction is committed. */
  touch(topic: Topic): void;
}

export interface Store {
  readonly reader: Reader;
  /** Runs `work` in one immediate transaction: all of it is committed or, when it throws, none. Synchronous. */
  transact<T>(work: (tx: Tx) => T): T;
  on(topic: Topic, listener: () => void): void;
  close(): void;
}

/** The data folder is in use by another server, or the database cannot be used: the message says what to do. */
export class StoreError extends Error {
  readonly code: 'STORE_LOCKED' | 'STORE_CORRUPT' | 'STORE_MIGRATION';
  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const MIGRATIONS = new URL('../../migrations', import.meta.url).pathname;
const DATABASE_FILE = 'hindcast.db';

/**
 * Opens (and first makes or migrates) the database in `dataDir`. The folder is locked for as long as this process
 * lives; the kernel drops the lock when it dies, so a crash never holds up the next start.
 * @throws StoreError when another server holds the folder, or the file is damaged or cannot be migrated.
 */
export function openStore(dataDir: string, clock: Clock): Store {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockFolder(dataDir);
  const file = join(dataDir, DATABASE_FILE);
  let writer: Database.Database;
  try {
    writer = openWriter(file);
  } catch (error) {
    lock.close();
    throw error;
  }
  const readConnection = new Database(file, { readonly: true });
  readConnection.pragma('busy_timeout = 5000');
  const listeners = new Map<Topic, Set<() => void>>();
  const write = connection(writer);
  const nextChange = write.sql<{ value: number }>(
    'INSERT INTO change_counter (only, value) VALUES (1, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value',
  );

  return {
    reader: connection(readConnection),
    transact(work) {
      const touched = new Set<Topic>();
      const tx = {
        ...write,
        now: clock.now(),
        nextChange: () => nextChange.get()?.value ?? 0,
        touch: (topic: Topic) => void touched.add(topic),
      } as Tx;
      const result = writer.transaction(() => work(tx)).immediate();
      for (const topic of touched) for (const listener of listeners.get(topic) ?? []) listener();
      return result;
    },
    on(topic, listener) {
      const set = listeners.get(topic) ?? new Set();
      listeners.set(topic, set.add(listener));
    },
    close() {
      readConnection.close();
      writer.pragma('wal_checkpoint(TRUNCATE)');
      writer.close();
      lock.close();
    },
  };
}

/**
 * The database of a data folder for reading alone, whether a server is using it or not. Nothing is made or migrated.
 * @throws StoreError when there is none, or it was written by another version.
 */
export function openReader(dataDir: string): { reader: Reader; close(): void } {
  const file = join(dataDir, DATABASE_FILE);
  let raw: Database.Database;
  try {
    raw = new Database(file, { readonly: true, fileMustExist: true });
    raw.pragma('busy_timeout = 5000');
    raw.prepare('SELECT count(*) FROM sqlite_master').get();
  } catch (error) {
    throw new StoreError('STORE_CORRUPT', `there is no database that can be read at ${file}`, { cause: error });
  }
  const applied = appliedMigrations(raw);
  if (applied === migrationCount()) return { reader: connection(raw), close: () => void raw.close() };
  raw.close();
  throw new StoreError(
    'STORE_MIGRATION',
    `the database ${file} is of another version of Hindcast (${applied} of ${migrationCount()} migrations); start the server once`,
  );
}

function connection(raw: Database.Database): Reader {
  const statements = new Map<string, Database.Statement>();
  return {
    db: drizzle({ client: raw }),
    sql<Row>(text: string) {
      const known = statements.get(text) ?? raw.prepare(text);
      statements.set(text, known);
      return known as unknown as Database.Statement<unknown[], Row>;
    },
  };
}

/** An exclusive transaction on a file of its own, never ended: the kernel's lock is ours until the process ends. */
function lockFolder(dataDir: string): Database.Database {
  const lock = new Database(join(dataDir, 'server.lock'), { timeout: 0 });
  try {
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    throw new StoreError('STORE_LOCKED', `another Hindcast server is using the data folder ${dataDir}`, {
      cause: error,
    });
  }
}

function openWriter(file: string): Database.Database {
  const isNew = !existsSync(file);
  const raw = new Database(file);
  try {
    raw.pragma('journal_mode = WAL');
    raw.pragma('synchronous = FULL');
    raw.pragma('foreign_keys = ON');
    raw.pragma('busy_timeout = 5000');
    // A full check reads every page: minutes on a large file. What this cannot open, the first write finds.
    raw.prepare('SELECT count(*) FROM sqlite_master').get();
  } catch (error) {
    raw.close();
    throw new StoreError(
      'STORE_CORRUPT',
      `the database ${file} is damaged. Stop here, copy the data folder, and restore the newest backup beside it (*.before-*)`,
      { cause: error },
    );
  }
  migrateWithBackup(raw, file, isNew);
  return raw;
}

function migrateWithBackup(raw: Database.Database, file: string, isNew: boolean): void {
  const before = appliedMigrations(raw);
  if (!isNew && before > 0 && before < migrationCount()) {
    raw.pragma('wal_checkpoint(TRUNCATE)');
    const backup = `${file}.before-${migrationCount()}`;
    copyFileSync(file, backup);
    const copy = new Database(backup, { readonly: true });
    const sound = copy.pragma('integrity_check(1)', { simple: true }) === 'ok';
    copy.close();
    if (!sound) throw new StoreError('STORE_MIGRATION', `the backup ${backup} made before migrating is not sound`);
  }
  try {
    migrate(drizzle({ client: raw }), { migrationsFolder: MIGRATIONS });
  } catch (error) {
    throw new StoreError('STORE_MIGRATION', `the database ${file} could not be migrated; it is unchanged`, {
      cause: error,
    });
  }
}

function appliedMigrations(raw: Database.Database): number {
  return raw.prepare("SELECT count(*) FROM sqlite_master WHERE name = '__drizzle_migrations'").pluck().get() === 1
    ? Number(raw.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get())
    : 0;
}

function migrationCount(): number {
  return readdirSync(MIGRATIONS, { withFileTypes: true }).filter((entry) => entry.isDirectory()).length;
}
