import type { Queue } from './port.ts';

/** The queue, with its answers to what is offered counted. */
export function counted<T>(
  queue: Queue<T>,
  name: string,
  count: (name: string, outcome: 'queued' | 'duplicate' | 'full' | 'failed') => void,
): Queue<T> {
  return {
    ...queue,
    async publish(message, options) {
      try {
        const answer = await queue.publish(message, options);
        count(name, answer);
        return answer;
      } catch (error) {
        count(name, 'failed');
        throw error;
      }
    },
  };
}
