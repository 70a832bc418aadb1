import { randomUUID } from 'node:crypto';
import { connect, QueueUnavailable } from './bullmq.ts';

const KEY = 'hindcast:server';
const ALIVE_MS = 15_000;
const RENEW_MS = 5_000;
const ANSWER_MS = 5_000;

export interface ClaimOptions {
  redisUrl: string;
  /** Names the database of this server; the same over restarts. */
  serverId: string;
  onError(error: unknown): void;
  /** Another process works with the same database's name: a copy of the folder. This one must stop. */
  onLost(error: Error): void;
}

/**
 * Claims the queues of this Redis for one server: a second one would take the results of the first one's checks. The
 * server's own successor takes the claim over at once. Call what it answers with to give it back.
 * @throws QueueUnavailable when another server holds it.
 */
export async function claimRedis(options: ClaimOptions): Promise<() => Promise<void>> {
  const { redisUrl, serverId, onError, onLost } = options;
  const redis = connect(redisUrl, { maxRetriesPerRequest: 1 });
  redis.on('error', onError);
  const mine = `${serverId}/${randomUUID()}`;
  let lost = false;

  const holder = await redis.get(KEY);
  if (holder && !holder.startsWith(`${serverId}/`)) {
    redis.disconnect();
    throw new QueueUnavailable(
      'REDIS_URL: another Hindcast server, with a data folder of its own, uses this Redis; give each server its own (another database number will do)',
    );
  }
  await redis.set(KEY, mine, 'PX', ALIVE_MS);

  async function renew(): Promise<void> {
    const seen = await redis.get(KEY);
    if (seen === null || seen === mine) await redis.set(KEY, mine, 'PX', ALIVE_MS);
    else if (!lost) {
      lost = true;
      onLost(new QueueUnavailable('REDIS_URL: another Hindcast server took this Redis over; this one stops'));
    }
  }
  const timer = setInterval(() => void renew().catch(onError), RENEW_MS);
  return async () => {
    clearInterval(timer);
    // What does not answer forgets the claim by itself.
    const patience = new Promise<void>((resolve) => setTimeout(resolve, lost ? 0 : ANSWER_MS).unref());
    const give = async () => {
      if (!lost && (await redis.get(KEY)) === mine) await redis.del(KEY);
    };
    await Promise.race([give().catch(() => {}), patience]);
    redis.disconnect();
  };
}
