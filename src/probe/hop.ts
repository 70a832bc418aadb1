import { NO_PHASES } from '#src/domain/check.ts';
import type { HopTrace } from './connection.ts';
import { TargetFailure } from './failure-reasons.ts';

/** Bytes of a body that are read at most, before and after decoding. */
export const BODY_CAP_BYTES = 1_048_576;

/** A flood of them would keep the event loop from everyone else. */
const MAX_INFORMATIONAL = 100;

export interface ResponseHead {
  status: number;
  statusText: string;
  /** Names in lower case. */
  headers: Record<string, string | string[]>;
}

/** A hop with its answer as far as it came. `body` holds wire bytes (content coding still on). */
export interface Hop extends HopTrace {
  head: ResponseHead | null;
  body: Buffer[];
  wireBytes: number;
  /** The body went on past the cap and was left. */
  overCap: boolean;
}

export function newHop(): Hop {
  return {
    stage: 'dns',
    phases: { ...NO_PHASES },
    peer: null,
    resolved: null,
    certificate: null,
    httpVersion: null,
    socket: null,
    head: null,
    body: [],
    wireBytes: 0,
    overCap: false,
  };
}

/** What an HTTP engine tells about one answer, in this order; after `end` or `fail` nothing counts any more. */
export interface Receiver {
  sent(): void;
  /** A response of the 1xx kind, of which there may be a few before the head. */
  informational(): void;
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  end(): void;
  fail(error: Error): void;
}

/** Fills in the hop and stamps `firstByte` and `download`; settles at the end, at the cap, or at a head that is enough. */
export function createReceiver(
  hop: Hop,
  now: () => number,
  settle: (error: Error | null) => void,
  wantsBody: (head: ResponseHead) => boolean,
): Receiver {
  let since = now();
  let informational = 0;
  return {
    sent() {
      since = now();
    },
    informational() {
      informational += 1;
      if (informational > MAX_INFORMATIONAL)
        settle(new TargetFailure('first-byte-timeout', `more than ${MAX_INFORMATIONAL} responses of 1xx and no other`));
    },
    head(head) {
      hop.phases.firstByte = now() - since;
      since = now();
      hop.stage = 'download';
      hop.head = head;
      if (!wantsBody(head)) settle(null);
    },
    data(chunk) {
      const room = BODY_CAP_BYTES - hop.wireBytes;
      hop.body.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      hop.wireBytes += Math.min(chunk.length, room);
      if (chunk.length <= room) return;
      hop.overCap = true;
      hop.phases.download = now() - since;
      settle(null);
    },
    end() {
      hop.phases.download = now() - since;
      settle(null);
    },
    fail: settle,
  };
}
