import type { RequestBody } from './monitor.ts';

/** The text that is sent for a body, and the content type it has unless a header says otherwise; null for none. */
export function encodeBody(body: RequestBody): { text: string; contentType: string | null } | null {
  if (body === null) return null;
  if (typeof body === 'string') return { text: body, contentType: null };
  if ('json' in body) return { text: JSON.stringify(body.json), contentType: 'application/json' };
  const fields = Object.entries(body.form).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
  return { text: new URLSearchParams(fields).toString(), contentType: 'application/x-www-form-urlencoded' };
}
