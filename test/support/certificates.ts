import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A small X.509 writer (RFC 5280, ECDSA P-256), so that tests need neither openssl nor fixtures that expire. */

export interface Issued {
  /** PEM. */
  cert: string;
  key: string;
}

export interface Authority extends Issued {
  issue(options: LeafOptions): Issued;
}

export interface LeafOptions {
  /** DNS names and IP addresses; the first is the common name. */
  names: string[];
  validFrom?: Date;
  validTo?: Date;
}

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

/** A certificate authority of its own. */
export function createAuthority(name = 'Hindcast test CA'): Authority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    subject: name,
    issuer: name,
    publicKey,
    signer: privateKey,
    validFrom: inDays(-3650),
    validTo: inDays(3650),
    extensions: [extension('2.5.29.19', sequence(boolean(true)), true), extension('2.5.29.15', bits(0x06, 1), true)],
  });
  return {
    cert,
    key: pem(privateKey),
    issue: (options) => leaf(options, name, privateKey),
  };
}

/** A certificate that only vouches for itself. */
export function selfSigned(options: LeafOptions): Issued {
  return leaf(options, options.names[0] ?? 'nobody', null);
}

function leaf(
  { names, validFrom = inDays(-1), validTo = inDays(90) }: LeafOptions,
  issuer: string,
  ca: KeyObject | null,
): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const alternatives = names.map((name) =>
    isIP(name) ? tagged(0x87, addressBytes(name)) : tagged(0x82, Buffer.from(name)),
  );
  const cert = certificate({
    subject: names[0] ?? 'nobody',
    issuer,
    publicKey,
    signer: ca ?? privateKey,
    validFrom,
    validTo,
    extensions: [extension('2.5.29.17', sequence(...alternatives), false)],
  });
  return { cert, key: pem(privateKey) };
}

interface Contents {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  validFrom: Date;
  validTo: Date;
  extensions: Buffer[];
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));

function certificate(contents: Contents): string {
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const key = contents.publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    commonName(contents.issuer),
    sequence(time(contents.validFrom), time(contents.validTo)),
    commonName(contents.subject),
    key,
    tagged(0xa3, sequence(...contents.extensions, keyId(key))),
  );
  const signature = sign('sha256', body, contents.signer);
  const der = sequence(body, ECDSA_SHA256, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function keyId(spki: Buffer): Buffer {
  return extension('2.5.29.14', tagged(0x04, createHash('sha1').update(spki).digest()), false);
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
}

function commonName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid('2.5.4.3'), tagged(0x0c, Buffer.from(name)))));
}

function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function boolean(value: boolean): Buffer {
  return tagged(0x01, Buffer.from([value ? 0xff : 0]));
}

function bits(value: number, unused: number): Buffer {
  return tagged(0x03, Buffer.from([unused, value]));
}

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tagged(0x06, Buffer.from(bytes));
}

/** GeneralizedTime; strict readers want UTCTime before 2050, OpenSSL takes both. */
function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const [left, right] = [words(head), words(tail)];
  const all = [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
