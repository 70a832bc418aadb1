import { randomBytes } from 'node:crypto';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkId, parseCheckId } from '#src/domain/ids.ts';
import { createSealer, SealError } from '#src/seal.ts';
import { openSealer } from '#src/secret-key.ts';
import { insertCheck, readCheck, readEvidence } from '#src/store/checks.ts';
import { openStore } from '#src/store/database.ts';
import { derivedId } from '#src/store/new-id.ts';
import { checkResult, checkRow, T0 } from '../../support/fixtures.ts';
import { systemTestClock, tempStore } from '../../support/temp-store.ts';

describe('the store', () => {
  it('lets one server at a time into a folder, and the next one when it has gone', () => {
    using store = tempStore();
    expect(() => openStore(store.dir, systemTestClock)).toThrow(/another Hindcast server/);
    store.close();
    const next = openStore(store.dir, systemTestClock);
    next.close();
    expect(existsSync(join(store.dir, 'hindcast.db'))).toBe(true);
  });

  it('says what to do about a file that is not a database', () => {
    using store = tempStore();
    store.close();
    writeFileSync(join(store.dir, 'hindcast.db'), randomBytes(8192));
    expect(() => openStore(store.dir, systemTestClock)).toThrow(/damaged.*restore/s);
  });

  it('writes with full synchronisation and a write-ahead log', () => {
    using store = tempStore();
    store.transact((tx) => {
      expect(tx.sql<{ synchronous: number }>('PRAGMA synchronous').get()?.synchronous).toBe(2);
      expect(tx.sql<{ journal_mode: string }>('PRAGMA journal_mode').get()?.journal_mode).toBe('wal');
      expect(tx.sql<{ foreign_keys: number }>('PRAGMA foreign_keys').get()?.foreign_keys).toBe(1);
    });
  });

  it('writes all of a transaction or none of it, and tells listeners only of what was committed', () => {
    using store = tempStore();
    let told = 0;
    store.on('alerts', () => told++);
    expect(() =>
      store.transact((tx) => {
        tx.sql("INSERT INTO locations (name) VALUES ('half')").run();
        tx.touch('alerts');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(store.reader.sql('SELECT * FROM locations').all()).toEqual([]);
    expect(told).toBe(0);
    store.transact((tx) => tx.touch('alerts'));
    expect(told).toBe(1);
  });

  it('cannot write through a reader', () => {
    using store = tempStore();
    expect(() => store.reader.sql("INSERT INTO locations (name) VALUES ('x')").run()).toThrow(/readonly/);
  });

  it('gives back a check as it was written, and what was kept of a failed one', () => {
    using store = tempStore();
    const row = checkRow({ at: T0, verdict: 'down', durationMs: 41 });
    const result = checkResult({ at: T0, verdict: 'down', durationMs: 41 });
    store.transact((tx) => {
      expect(insertCheck(tx, row, result, 'scheduled')).toBe(true);
      expect(insertCheck(tx, row, result, 'scheduled')).toBe(false);
    });
    expect(readCheck(store.reader, row)).toEqual(row);
    expect(readEvidence(store.reader, row)).toEqual(result);
  });

  it('keeps check rows within 60 bytes each', () => {
    using store = tempStore();
    const checks = 20_000;
    store.transact((tx) => {
      for (let i = 0; i < checks; i++) {
        const sketch = { at: T0 + i * 10_000, durationMs: 40 + (i % 7) };
        insertCheck(tx, checkRow(sketch), checkResult(sketch), 'scheduled');
      }
    });
    using empty = tempStore();
    empty.close();
    store.close();
    const size = (dir: string) => statSync(join(dir, 'hindcast.db')).size;
    expect((size(store.dir) - size(empty.dir)) / checks).toBeLessThanOrEqual(60);
  });
});

describe('ids', () => {
  it('of checks lead to their rows and back', () => {
    const key = { monitorNo: 4_000_000_000, at: T0, locationNo: 4095 };
    expect(parseCheckId(checkId(key))).toEqual(key);
    expect(parseCheckId('chk_nothing')).toBeNull();
    expect(parseCheckId(checkId(key).replace('chk', 'inc'))).toBeNull();
  });

  it('that are derived are the same for the same thing and sort by time', () => {
    expect(derivedId('inc', T0, 'mon_1', 7)).toBe(derivedId('inc', T0, 'mon_1', 7));
    expect(derivedId('inc', T0, 'mon_1', 7)).not.toBe(derivedId('inc', T0, 'mon_1', 8));
    expect(derivedId('inc', T0, 'x') < derivedId('inc', T0 + 1000, 'a')).toBe(true);
  });
});

describe('sealed values', () => {
  const sealer = createSealer(randomBytes(32));

  it('open in their place, and nowhere else, unchanged, and with their own key', () => {
    const sealed = sealer.seal('s3cret', 'monitor:1:auth.token');
    expect(sealed.sealed).not.toContain('s3cret');
    expect(sealer.open(sealed, 'monitor:1:auth.token')).toBe('s3cret');
    expect(() => sealer.open(sealed, 'monitor:2:auth.token')).toThrow(SealError);
    expect(() => sealer.open({ sealed: `${sealed.sealed.slice(0, -4)}AAAA` }, 'monitor:1:auth.token')).toThrow(
      SealError,
    );
    expect(() => createSealer(randomBytes(32)).open(sealed, 'monitor:1:auth.token')).toThrow(/sealed with key/);
  });

  it('are not opened with another key: the server says so at start', () => {
    using store = tempStore();
    openSealer(store, store.dir, null);
    expect(() => openSealer(store, store.dir, randomBytes(32))).toThrow(/HINDCAST_SECRET_KEY/);
    expect(statSync(join(store.dir, 'secret.key')).mode & 0o777).toBe(0o600);
  });
});
