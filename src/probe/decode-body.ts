import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { codeOf } from './failure-reasons.ts';

export interface DecodedBody {
  bytes: Buffer;
  /** not-decodable: broken or an unknown coding; too-large: past the cap when decoded. */
  problem: { kind: 'not-decodable' | 'unknown-coding' | 'too-large'; detail: string } | null;
}

type Decode = (bytes: Buffer, options: { maxOutputLength: number }) => Buffer;

const DECODERS: Record<string, Decode> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // RFC 9110 8.4.1.2 means zlib; some servers send a bare deflate stream, and every browser reads both.
  deflate: (bytes, options) =>
    (bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options),
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
};

/** More codings than this are an attack, not a format. */
const MAX_CODINGS = 4;
const NOTHING = Buffer.alloc(0);

/** Undoes the content codings (RFC 9110 8.4) from the last to the first; no step may give more than `capBytes`. */
export function decodeBody(wire: Buffer, contentEncoding: string, capBytes: number): DecodedBody {
  const codings = contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length === 0 || wire.length === 0) return { bytes: wire, problem: null };
  if (codings.length > MAX_CODINGS) {
    const detail = `the body has ${codings.length} content codings, at most ${MAX_CODINGS} are undone`;
    return { bytes: NOTHING, problem: { kind: 'not-decodable', detail } };
  }
  let bytes = wire;
  for (const coding of codings.reverse()) {
    const decode = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (!decode) {
      const detail = `the body cannot be decoded: unknown content-encoding "${coding.slice(0, 40)}"`;
      return { bytes: NOTHING, problem: { kind: 'unknown-coding', detail } };
    }
    try {
      bytes = decode(bytes, { maxOutputLength: capBytes });
    } catch (error) {
      if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE')
        return {
          bytes: NOTHING,
          problem: { kind: 'too-large', detail: `the ${coding} body decodes to more than the cap` },
        };
      const words = error instanceof Error ? error.message : String(error);
      return {
        bytes: NOTHING,
        problem: { kind: 'not-decodable', detail: `the body cannot be decoded as ${coding}: ${words}` },
      };
    }
  }
  return { bytes, problem: null };
}

/** Text in the charset the content-type names (WHATWG labels), UTF-8 when it names none or an unknown one. */
export function decodeText(bytes: Buffer, contentType: string): string {
  const label = /charset\s*=\s*"?([^\s";]+)/i.exec(contentType)?.[1]?.toLowerCase();
  if (label && label !== 'utf-8' && label !== 'utf8') {
    try {
      return new TextDecoder(label).decode(bytes);
    } catch {
      // An unknown label is the server's slip; UTF-8 is the best guess left.
    }
  }
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    ? bytes.toString('utf8', 3)
    : bytes.toString('utf8');
}
