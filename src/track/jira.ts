import { z } from 'zod';
import type { IssueCreated, IssueText, TrackerAnswer } from '#src/domain/tracker.ts';
import type { TrackContext, TrackerKind } from './kind.ts';
import { callJson } from './request.ts';
import { apiUrl, hostOf } from './url.ts';

interface Fields {
  status: { statusCategory: { key: string } } | null;
  resolution: { name: string } | null;
  assignee: { displayName: string } | null;
}

function call<T>(context: TrackContext, path: string, body?: object): Promise<TrackerAnswer<T>> {
  const { site, email } = context.settings;
  return callJson<T>(context, {
    method: body ? 'POST' : 'GET',
    url: `${String(site).replace(/\/$/, '')}/rest/api/3${path}`,
    headers: {
      authorization: `Basic ${Buffer.from(`${String(email)}:${context.secret}`).toString('base64')}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const created = (context: TrackContext, key: string): IssueCreated => ({
  ref: key,
  url: `${String(context.settings.site).replace(/\/$/, '')}/browse/${key}`,
});

/** Labels have no spaces and no slashes. */
const labelOf = (marker: string) => `hindcast-${marker.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;

const words = (text: string, marks?: object[]) => ({ type: 'text', text, ...(marks && { marks }) });
const paragraph = (...content: object[]) => ({ type: 'paragraph', content });
const strong = [{ type: 'strong' }];

/** Atlassian Document Format: text stands in text nodes, so that nothing in it is markup or mentions anybody. */
function descriptionOf(issue: IssueText) {
  const { reason, doneWhen, owner, incidentNumber, incidentTitle, link } = issue;
  return {
    type: 'doc',
    version: 1,
    content: [
      ...(reason === '' ? [] : [paragraph(words('Why: ', strong), words(reason))]),
      paragraph(words('Done when ', strong), words(doneWhen)),
      ...(owner ? [paragraph(words('Owner: ', strong), words(owner))] : []),
      paragraph(
        words(`From the postmortem of incident ${incidentNumber}, ${incidentTitle}: `),
        words(link, [{ type: 'link', attrs: { href: link } }]),
      ),
    ],
  };
}

/** Jira Cloud: https://developer.atlassian.com/cloud/jira/platform/rest/v3/ */
export const jira: TrackerKind = {
  fields: {
    site: apiUrl.describe('https://<team>.atlassian.net'),
    email: z.email('must be the e-mail address of the account that the token is of'),
    project: z.string().regex(/^[A-Z][A-Z0-9_]{1,19}$/, 'must be the key of a project, as OPS'),
    issueType: z.string().min(1).max(60).default('Task'),
  },
  secret: {
    schema: z.string().regex(/^[\x21-\x7e]{10,500}$/, 'must be an API token'),
    when: 'required',
    what: 'an API token of the account',
  },
  hosts: ({ site }) => hostOf('site', String(site)),
  async create(context, issue) {
    const { project, issueType } = context.settings;
    const answer = await call<{ key: string }>(context, '/issue', {
      fields: {
        project: { key: project },
        issuetype: { name: issueType },
        summary: issue.title.replaceAll(/\s+/g, ' ').slice(0, 255),
        description: descriptionOf(issue),
        labels: ['hindcast', labelOf(issue.marker)],
        ...(issue.dueOn && { duedate: issue.dueOn }),
      },
    });
    return answer.kind === 'ok' ? { kind: 'ok', value: created(context, answer.value.key) } : answer;
  },
  async find(context, marker) {
    const jql = `project = "${String(context.settings.project)}" AND labels = "${labelOf(marker)}" ORDER BY created ASC`;
    const answer = await call<{ issues?: { key: string }[] }>(context, '/search/jql', {
      jql,
      maxResults: 1,
      fields: ['key'],
    });
    if (answer.kind !== 'ok') return answer;
    const key = answer.value.issues?.[0]?.key;
    return { kind: 'ok', value: key ? created(context, key) : null };
  },
  async read(context, ref) {
    const answer = await call<{ key: string; fields: Fields }>(
      context,
      `/issue/${encodeURIComponent(ref)}?fields=status,resolution,assignee`,
    );
    if (answer.kind !== 'ok') return answer;
    const { status, resolution, assignee } = answer.value.fields;
    return {
      kind: 'ok',
      value: {
        state: status?.statusCategory.key === 'done' ? 'closed' : 'open',
        dropped: /won.?t|not planned|duplicate|cannot|declined|obsolete/i.test(resolution?.name ?? ''),
        assignee: assignee?.displayName ?? null,
        url: created(context, answer.value.key).url,
      },
    };
  },
  async test(context) {
    const answer = await call<unknown>(context, `/project/${encodeURIComponent(String(context.settings.project))}`);
    return answer.kind === 'ok' ? { kind: 'ok', value: null } : answer;
  },
};
