import { z } from 'zod';
import type { TrackerAnswer } from '#src/domain/tracker.ts';
import { signedHeaders } from '#src/webhook-signature.ts';
import type { TrackContext, TrackerKind } from './kind.ts';
import { callJson } from './request.ts';
import { apiUrl, hostOf } from './url.ts';

interface Accepted {
  ref?: unknown;
  url?: unknown;
}

function post(context: TrackContext, id: string, body: object): Promise<TrackerAnswer<Accepted | null>> {
  const payload = JSON.stringify(body);
  return callJson<Accepted | null>(context, {
    method: 'POST',
    url: String(context.settings.url),
    headers: { 'content-type': 'application/json', ...signedHeaders(context.secret, id, context.now, payload) },
    body: payload,
  });
}

/**
 * Any other tracker, through a receiver of the team's own: a signed request with a constant `webhook-id` for each action,
 * which the receiver may answer with `{"ref": "OPS-7", "url": "https://…"}`. It cannot be read back.
 */
export const webhook: TrackerKind = {
  fields: { url: apiUrl },
  secret: {
    schema: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64'),
    when: 'made',
    what: 'signs every request',
  },
  hosts: ({ url }) => hostOf('url', String(url)),
  async create(context, issue) {
    const id = issue.marker.replace('/', '.');
    const answer = await post(context, id, { type: 'action.created', data: issue });
    if (answer.kind !== 'ok') return answer;
    const { ref, url } = answer.value ?? {};
    const isLink = typeof url === 'string' && /^https?:\/\/\S{1,2000}$/.test(url);
    return {
      kind: 'ok',
      value: { ref: typeof ref === 'string' && ref !== '' ? ref.slice(0, 200) : id, url: isLink ? url : null },
    };
  },
  // The receiver knows the webhook-id again: sending it twice is harmless.
  find: async () => ({ kind: 'ok', value: null }),
  read: null,
  async test(context) {
    const answer = await post(context, `test.${context.now}`, { type: 'tracker.test', data: {} });
    return answer.kind === 'ok' ? { kind: 'ok', value: null } : answer;
  },
};
