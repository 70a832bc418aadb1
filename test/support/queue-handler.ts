import { createBullmqQueue } from '#src/queue/bullmq.ts';

/** A process that takes a message, says so, and never ends with it: one to be killed. Arguments: URL, queue, lock in ms. */
const [redisUrl = '', name = '', lockMs = ''] = process.argv.slice(2);
const queue = createBullmqQueue<unknown>({
  redisUrl,
  name,
  capacity: 10,
  lockMs: Number(lockMs),
  validate: (data) => ({ message: data }),
  onError: (error) => process.stderr.write(`${String(error)}\n`),
});
queue.consume(
  (message) => {
    process.stdout.write(`${JSON.stringify(message)}\n`);
    return new Promise(() => {});
  },
  { concurrency: 1 },
);
