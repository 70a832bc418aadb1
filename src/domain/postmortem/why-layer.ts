import type { Failure } from '../check.ts';
import { hostOf } from '../monitor.ts';
import { captured } from './captured.ts';
import type { Span } from './document.ts';
import { type Draft, moment, nameOf, symptomNames } from './draft.ts';
import type { DraftMonitor } from './rows.ts';
import { figure, question, type Said, time, words } from './say.ts';
import { describeSymptom } from './symptom-words.ts';

interface Circumstances {
  name: Said;
  host: Said;
  /** `from 14:26:40 to 14:41:30` */
  range: Said;
  start: Said;
  /** The most frequent symptoms in words. */
  what: Said;
  /** The phase that took most of the time, if one did. */
  long: Said | null;
}

/** What to ask about the layer that failed, for each failure: the next thing that a responder would look at. */
export function whyThisLayer(draft: Draft, monitor: DraftMonitor): Span {
  const { ledger } = draft;
  const start = ledger.get('start');
  const until = ledger.known('end') ?? ledger.known('asOf');
  const long = ledger.known('signatureLong');
  const circumstances: Circumstances = {
    name: nameOf(draft, monitor.id),
    host: { text: captured(hostOf(monitor.config.url)), facts: [ledger.get('monitorName', monitor.id).id] },
    range: until ? words`from ${moment(draft, start)} to ${moment(draft, until)}` : words`from ${time(start)} on`,
    start: time(start),
    what: symptomNames(draft, monitor, describeSymptom),
    long: long && figure(long),
  };
  const [most] = [...monitor.seen.symptoms.values()].toSorted((a, b) => b.tally.count - a.tally.count);
  if (most?.failure === 'status') return askAboutStatus(most.status ?? 0, circumstances);
  return question`Why 2: ${ASK[most?.failure ?? 'http-malformed'](circumstances)}?`;
}

function askAboutStatus(status: number, { name, range, start, what }: Circumstances): Span {
  switch (status) {
    case 502:
    case 504:
      return question`Why 2: which component behind the gateway of ${name} gave it no valid answer ${range} (${what}), and what do the logs of both say at ${start}?`;
    case 503:
      return question`Why 2: what gave these answers for ${name} ${range} (${what}): the application, or a load balancer without a healthy instance, and what do its health checks show at ${start}?`;
    case 429:
      return question`Why 2: which rate limit of ${name} was reached ${range} (${what}), and by which requests?`;
    case 401:
    case 403:
      return question`Why 2: which rule or credential refused the requests to ${name} ${range} (${what}), and when was it last changed?`;
    case 404:
    case 410:
      return question`Why 2: which route, release or object of ${name} was missing ${range} (${what}), and what last wrote it?`;
    default:
      return question`Why 2: which component behind ${name} gave these answers ${range} (${what}), and what do its logs say at ${start}?`;
  }
}

const redirected = ({ name, range, what }: Circumstances) =>
  words`which rule sent the requests to ${name} elsewhere ${range} (${what}), and what did it say before`;
const unexpected = ({ name, what, range }: Circumstances) =>
  words`which part of ${name} wrote the answer that did not meet the expectation ${range} (${what}), and from which data`;

const ASK: Record<Exclude<Failure, 'status'>, (of: Circumstances) => Said> = {
  'dns-not-found': ({ host, range }) =>
    words`which record for ${host} was missing from its zone ${range}, and what last wrote that zone`,
  'dns-error': ({ host, range, what }) =>
    words`which name servers for ${host} gave no usable answer ${range} (${what}), could they be reached at all, and what do their logs show`,
  'dns-timeout': ({ host, range }) =>
    words`which name servers for ${host} did not answer ${range}, and from which networks could they be reached`,
  'connect-refused': ({ host, range, start }) =>
    words`what is meant to listen on ${host}, was that process running ${range}, and what do the logs of its supervisor say at ${start}`,
  'connect-timeout': ({ host, range }) =>
    words`where on the way to ${host} were packets lost ${range}: at a firewall, a route, a load balancer, or a queue that was full`,
  'connect-reset': ({ host, range }) =>
    words`what closed the connections to ${host} ${range} before an answer: the process, a proxy or a load balancer`,
  'connect-unreachable': ({ host, range }) => words`which route to ${host} was missing ${range}, and what announces it`,
  'tls-expired': ({ host, range }) =>
    words`which certificate did ${host} present ${range}, and what is meant to replace it before it ends`,
  'tls-not-yet-valid': ({ host, range }) =>
    words`which certificate did ${host} present ${range}, and what put it in place before its time`,
  'tls-name-mismatch': ({ host, range }) =>
    words`which certificate did ${host} present ${range}, for which names, and what chooses it`,
  'tls-untrusted': ({ host, range }) =>
    words`which chain of certificates did ${host} present ${range}, and which part of it was missing or not trusted`,
  'tls-handshake': ({ host, range, start }) =>
    words`at which step did the handshake with ${host} end ${range} (protocol, cipher, client certificate, no answer), and what ended it at ${start}`,
  'first-byte-timeout': ({ name, range, start }) =>
    words`what was ${name} waiting for ${range}, when no answer came in time, and what do its logs say at ${start}`,
  'download-timeout': ({ name, range }) =>
    words`what held up the rest of the answers of ${name} ${range}: their size, what they are made from, or the network`,
  'download-reset': ({ name, range }) =>
    words`what cut the answers of ${name} off ${range}: the process, a proxy or a limit of either`,
  'too-large': ({ name, range }) => words`which part of the answer of ${name} grew ${range}, and from which data`,
  'http-malformed': ({ name, range }) =>
    words`what wrote an answer for ${name} that is not valid HTTP ${range}: the application, a proxy, or another program on that port`,
  'redirect-limit': redirected,
  'redirect-invalid': redirected,
  'final-url': redirected,
  'http-version': ({ host, range, what }) =>
    words`what on ${host} stopped to offer the expected protocol ${range} (${what}): the application or a proxy before it`,
  body: unexpected,
  json: unexpected,
  header: unexpected,
  latency: ({ name, range, long }) =>
    words`where did ${name} spend its time ${range}${long ? words` (most of it was in ${long})` : words``}: waiting for another component, for a lock, or for its own resources`,
  'certificate-days': ({ host }) =>
    words`what is meant to renew the certificate of ${host} earlier than this, and when did it last run`,
  'target-refused': ({ host, range }) =>
    words`which address did ${host} resolve to ${range}, that the policy of this monitor refuses, and what publishes it`,
};
