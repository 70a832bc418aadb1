import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIP } from 'node:net';

/** What the server says to a name: addresses, an error, or nothing at all. */
export type DnsAnswer = { addresses: string[] } | { error: 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' } | { silent: true };

export interface DnsServer {
  /** `host:port`. */
  address: string;
  /** Names that were asked for, with the record type: `a.test A`. */
  asked: string[];
  answers: Record<string, DnsAnswer>;
  [Symbol.asyncDispose](): Promise<void>;
}

const RCODES = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const TYPES: Record<number, string> = { 1: 'A', 28: 'AAAA' };

/** A DNS server on loopback (UDP, RFC 1035) that says what the test tells it; unknown names do not exist. */
export async function startDnsServer(answers: Record<string, DnsAnswer>): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, from) => {
    const { name, type, end } = question(query);
    asked.push(`${name} ${TYPES[type] ?? type}`);
    const answer = answers[name] ?? { error: 'NXDOMAIN' as const };
    if ('silent' in answer) return;
    const addresses =
      'addresses' in answer ? answer.addresses.filter((each) => isIP(each) === (type === 1 ? 4 : 6)) : [];
    const head = Buffer.from(query.subarray(0, 12));
    head.writeUInt16BE(0x8180 | ('error' in answer ? RCODES[answer.error] : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    head.writeUInt32BE(0, 8);
    socket.send(
      Buffer.concat([head, query.subarray(12, end), ...addresses.map((each) => record(each, type))]),
      from.port,
      from.address,
    );
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    answers,
    async [Symbol.asyncDispose]() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

function question(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += length + 1;
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A pointer to the question's name, the type, class IN, TTL 1 s and the address. */
function record(address: string, type: number): Buffer {
  const data = type === 1 ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(1, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail = ''] = address.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16)));
  const [left, right] = [words(head), words(tail)];
  const all = [...left, ...new Array(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
