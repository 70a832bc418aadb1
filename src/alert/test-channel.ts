import type { AlertPayload } from '#src/domain/alert.ts';
import type { Channel, SendOutcome } from '#src/domain/channel.ts';
import { type Clock, toRfc3339 } from '#src/domain/clock.ts';
import type { Send } from './send.ts';

/** Sends a message that says it is a test, at once and once; answers with what came of it. */
export function createChannelTester(options: { clock: Clock; send: Send; newId(): string }) {
  const { clock, send, newId } = options;
  return async (channel: Channel): Promise<SendOutcome & { latencyMs: number }> => {
    const payload: AlertPayload = {
      type: 'channel.test',
      timestamp: toRfc3339(clock.now()),
      data: {
        incident: null,
        summary: `Test of the channel ${channel.key}: nothing is down`,
        links: { incident: null, acknowledge: null, postmortem: null },
      },
    };
    const started = clock.monotonic();
    const outcome = await send(channel, {
      alertId: newId(),
      payload: JSON.stringify(payload),
      createdAt: clock.now(),
      thread: null,
      before: null,
    });
    return { ...outcome, latencyMs: Math.round(clock.monotonic() - started) };
  };
}
