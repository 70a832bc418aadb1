import type { AlertMessage, Tone } from '#src/domain/message.ts';

/** `#rrggbb`: red, orange and yellow for severities, blue for acknowledged, green for over, grey for the rest. */
export const COLOURS: Readonly<Record<Tone, string>> = {
  critical: '#d92d20',
  major: '#f79009',
  minor: '#eab308',
  acknowledged: '#2e90fa',
  resolved: '#12b76a',
  notice: '#667085',
};

/** What people should be made aware of, beyond a change of the first message: everything but small updates. */
export function isNews({ event }: AlertMessage): boolean {
  return event !== 'incident.updated' && event !== 'incident.acknowledged';
}
