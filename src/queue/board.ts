import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue as BullQueue } from 'bullmq';

const BOARD_PATH = '/queues';

/**
 * A page that shows what waits in Redis and what failed. Nothing can be changed there: what is late is dropped by
 * itself, and what is secret in a message is sealed. `queues` is asked again at each refresh, for new locations.
 */
export function createQueueBoard(queues: () => readonly BullQueue[]) {
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  const adapters = new Map<BullQueue, BullMQAdapter>();
  const all = () =>
    queues().map((queue) => {
      const adapter = adapters.get(queue) ?? new BullMQAdapter(queue, { readOnlyMode: true, allowRetries: false });
      adapters.set(queue, adapter);
      return adapter;
    });
  const board = createBullBoard({ queues: all(), serverAdapter, options: { uiConfig: { boardTitle: 'Hindcast' } } });
  return { path: BOARD_PATH, plugin: serverAdapter.registerPlugin() as unknown, refresh: () => board.setQueues(all()) };
}
