import type { Certificate } from '#src/domain/check.ts';
import type { EpochMs } from '#src/domain/clock.ts';
import type { Reader, Tx } from './database.ts';

/** Keeps a certificate unless it is the one that was seen last before. */
export function noteCertificate(tx: Tx, monitorNo: number, at: EpochMs, certificate: Certificate): void {
  if (readCertificateEnd(tx, monitorNo, at) === certificate.validTo) return;
  const { validFrom, validTo, subject, issuer } = certificate;
  tx.sql(
    'INSERT OR REPLACE INTO certificates (monitor_no, seen_at, valid_from, valid_to, subject, issuer) VALUES (?,?,?,?,?,?)',
  ).run(monitorNo, at, validFrom, validTo, subject, issuer);
}

/** Until when the certificate is valid that was shown up to a time; null when none was. */
export function readCertificateEnd(reader: Reader, monitorNo: number, at: EpochMs): EpochMs | null {
  return (
    reader
      .sql<{ valid_to: number }>(
        'SELECT valid_to FROM certificates WHERE monitor_no = ? AND seen_at <= ? ORDER BY seen_at DESC LIMIT 1',
      )
      .get(monitorNo, at)?.valid_to ?? null
  );
}
