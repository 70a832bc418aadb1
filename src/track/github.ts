import { z } from 'zod';
import { inert } from '#src/domain/postmortem/render/markdown.ts';
import type { IssueCreated, IssueNow, IssueText, TrackerAnswer } from '#src/domain/tracker.ts';
import type { TrackContext, TrackerKind } from './kind.ts';
import { callJson } from './request.ts';
import { apiUrl, hostOf } from './url.ts';

interface Issue {
  number: number;
  html_url: string;
  state: string;
  state_reason: string | null;
  body: string | null;
  assignee: { login: string } | null;
}

const API = 'https://api.github.com';
const LOOKED_THROUGH = 3;
/** Its clock and ours need not agree. */
const CLOCKS_MS = 86_400_000;

function call<T>(context: TrackContext, path: string, body?: object): Promise<TrackerAnswer<T>> {
  const base = String(context.settings.apiUrl ?? API).replace(/\/$/, '');
  return callJson<T>(context, {
    method: body ? 'POST' : 'GET',
    url: `${base}/repos/${String(context.settings.repository)}${path}`,
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${context.secret}`,
      'x-github-api-version': '2022-11-28',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const created = ({ number, html_url }: Issue): IssueCreated => ({ ref: String(number), url: html_url });

/** Markdown that mentions nobody and links nothing but the postmortem. */
function bodyOf({ marker, reason, doneWhen, owner, dueOn, incidentNumber, incidentTitle, link }: IssueText): string {
  return [
    reason === '' ? '' : `**Why:** ${inert(reason)}`,
    `**Done when** ${inert(doneWhen)}`,
    [owner && `Owner: ${inert(owner)}`, dueOn && `Due: ${dueOn}`].filter(Boolean).join(' · '),
    `From the postmortem of incident ${incidentNumber}, ${inert(incidentTitle)}: <${link}>`,
    `Hindcast action \`${marker}\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** GitHub Issues: https://docs.github.com/en/rest/issues/issues (API version 2022-11-28). */
export const github: TrackerKind = {
  fields: {
    repository: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/[A-Za-z0-9._-]{1,100}$/, 'must be owner/name'),
    labels: z.array(z.string().min(1).max(50)).max(20).default([]),
    apiUrl: apiUrl.default(API).describe('another one for GitHub Enterprise Server, as https://host/api/v3'),
  },
  secret: {
    schema: z.string().regex(/^[\x21-\x7e]{10,500}$/, 'must be a token'),
    when: 'required',
    what: 'a token that may read and write issues of the repository',
  },
  hosts: ({ apiUrl: url }) => hostOf('apiUrl', String(url ?? API)),
  async create(context, issue) {
    const labels = (context.settings.labels ?? []) as string[];
    const answer = await call<Issue>(context, '/issues', {
      title: issue.title.slice(0, 256),
      body: bodyOf(issue),
      ...(labels.length > 0 && { labels }),
    });
    return answer.kind === 'ok' ? { kind: 'ok', value: created(answer.value) } : answer;
  },
  async find(context, marker, since) {
    const from = new Date(since - CLOCKS_MS).toISOString();
    for (let page = 1; page <= LOOKED_THROUGH; page++) {
      const answer = await call<Issue[]>(
        context,
        `/issues?state=all&sort=created&direction=desc&per_page=100&page=${page}&since=${encodeURIComponent(from)}`,
      );
      if (answer.kind !== 'ok') return answer;
      const found = answer.value.find(({ body }) => body?.includes(`\`${marker}\``));
      if (found) return { kind: 'ok', value: created(found) };
      if (answer.value.length < 100) break;
    }
    return { kind: 'ok', value: null };
  },
  async read(context, ref) {
    const answer = await call<Issue>(context, `/issues/${encodeURIComponent(ref)}`);
    if (answer.kind !== 'ok') return answer;
    const { state, state_reason, assignee, html_url } = answer.value;
    const value: IssueNow = {
      state: state === 'closed' ? 'closed' : 'open',
      dropped: state_reason === 'not_planned' || state_reason === 'duplicate',
      assignee: assignee?.login ?? null,
      url: html_url,
    };
    return { kind: 'ok', value };
  },
  async test(context) {
    const answer = await call<{ has_issues?: boolean }>(context, '');
    if (answer.kind !== 'ok') return answer;
    return answer.value.has_issues === false
      ? { kind: 'refused', detail: 'issues are switched off in this repository' }
      : { kind: 'ok', value: null };
  },
};
