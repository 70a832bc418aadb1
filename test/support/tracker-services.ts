import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A service on loopback that takes what its documentation says and nothing else. */
abstract class Service implements AsyncDisposable {
  url = '';
  /** What it was asked, as `METHOD path`. */
  readonly asked: string[] = [];
  /** Answers with this instead, until it is null again; `drop` does what was asked and lets the caller hear nothing. */
  instead: Answer | 'drop' | null = null;
  /** What was asked that the service does not document. */
  readonly undocumented: string[] = [];

  readonly #server = createServer(async (request, response) => {
    const body = await text(request);
    this.asked.push(`${request.method} ${request.url}`);
    if (this.instead && this.instead !== 'drop') {
      const { status, body: own = {}, headers = {} } = this.instead;
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(own));
      return;
    }
    const answer = this.handle(request, body);
    if (this.instead === 'drop') return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });

  abstract handle(request: IncomingMessage, body: string): Answer;

  protected refuse(why: string): Answer {
    this.undocumented.push(why);
    return { status: 422, body: { message: why } };
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const GITHUB_TOKEN = 'ghp_canary0123456789';

const githubIssue = z.strictObject({
  title: z.string().min(1).max(256),
  body: z.string().max(65_536).optional(),
  labels: z.array(z.string()).optional(),
  assignees: z.array(z.string()).optional(),
});

/** GitHub's REST API for issues, as https://docs.github.com/en/rest/issues/issues documents it. */
export class GithubService extends Service {
  readonly issues: {
    number: number;
    title: string;
    body: string;
    labels: string[];
    state: string;
    state_reason: string | null;
    assignee: { login: string } | null;
    created_at: string;
  }[] = [];

  handle({ method, url = '', headers }: IncomingMessage, body: string): Answer {
    if (headers.authorization !== `Bearer ${GITHUB_TOKEN}`)
      return { status: 401, body: { message: 'Bad credentials' } };
    if (headers.accept !== 'application/vnd.github+json') return this.refuse(`accept: ${headers.accept}`);
    if (headers['x-github-api-version'] !== '2022-11-28') return this.refuse('X-GitHub-Api-Version');
    if (!headers['user-agent']) return { status: 403, body: { message: 'Request forbidden by administrative rules' } };
    const { pathname, searchParams } = new URL(url, this.url);
    if (pathname === '/repos/shop/operations' && method === 'GET') return { status: 200, body: { has_issues: true } };
    if (pathname === '/repos/shop/operations/issues' && method === 'GET') {
      for (const name of searchParams.keys())
        if (!['state', 'sort', 'direction', 'per_page', 'page', 'since', 'labels', 'creator'].includes(name))
          return this.refuse(`query ${name}`);
      const since = searchParams.get('since') ?? '';
      return {
        status: 200,
        body: this.issues
          .filter(({ created_at }) => created_at >= since)
          .map((issue) => this.view(issue))
          .toReversed(),
      };
    }
    if (pathname === '/repos/shop/operations/issues' && method === 'POST') {
      const read = githubIssue.safeParse(JSON.parse(body));
      if (!read.success) return this.refuse(read.error.message);
      const { title, body: words = '', labels = [] } = read.data;
      const issue = {
        number: this.issues.length + 41,
        title,
        body: words,
        labels,
        state: 'open',
        state_reason: null,
        assignee: null,
        created_at: new Date().toISOString(),
      };
      this.issues.push(issue);
      return { status: 201, body: this.view(issue) };
    }
    const number = /^\/repos\/shop\/operations\/issues\/(\d+)$/.exec(pathname)?.[1];
    const issue = this.issues.find((one) => one.number === Number(number));
    if (number && method === 'GET')
      return issue ? { status: 200, body: this.view(issue) } : { status: 404, body: { message: 'Not Found' } };
    return this.refuse(`${method} ${pathname}`);
  }

  private view(issue: GithubService['issues'][number]) {
    return { ...issue, html_url: `https://github.example/shop/operations/issues/${issue.number}` };
  }
}

export const JIRA_TOKEN = 'jiracanary0123456789';

const textNode = z.strictObject({
  type: z.literal('text'),
  text: z.string().min(1),
  marks: z
    .array(
      z.union([
        z.strictObject({ type: z.literal('strong') }),
        z.strictObject({ type: z.literal('link'), attrs: z.strictObject({ href: z.url() }) }),
      ]),
    )
    .optional(),
});
const jiraIssue = z.strictObject({
  fields: z.strictObject({
    project: z.strictObject({ key: z.literal('OPS') }),
    issuetype: z.strictObject({ name: z.string() }),
    summary: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^\n\r]*$/),
    description: z.strictObject({
      type: z.literal('doc'),
      version: z.literal(1),
      content: z.array(z.strictObject({ type: z.literal('paragraph'), content: z.array(textNode).min(1) })).min(1),
    }),
    labels: z.array(z.string().regex(/^\S+$/)).optional(),
    duedate: z.iso.date().optional(),
  }),
});

/** Jira Cloud's REST API v3, as https://developer.atlassian.com/cloud/jira/platform/rest/v3/ documents it. */
export class JiraService extends Service {
  readonly issues: {
    key: string;
    fields: z.output<typeof jiraIssue>['fields'];
    category: string;
    resolution: string | null;
    assignee: string | null;
  }[] = [];

  handle({ method, url = '', headers }: IncomingMessage, body: string): Answer {
    const basic = Buffer.from(`ops@shop.example:${JIRA_TOKEN}`).toString('base64');
    if (headers.authorization !== `Basic ${basic}`)
      return { status: 401, body: { errorMessages: ['Client must be authenticated to access this resource.'] } };
    const { pathname, searchParams } = new URL(url, this.url);
    if (pathname === '/rest/api/3/project/OPS' && method === 'GET') return { status: 200, body: { key: 'OPS' } };
    if (pathname === '/rest/api/3/issue' && method === 'POST') {
      const read = jiraIssue.safeParse(JSON.parse(body));
      if (!read.success) return this.refuse(read.error.message);
      const key = `OPS-${this.issues.length + 7}`;
      this.issues.push({ key, fields: read.data.fields, category: 'new', resolution: null, assignee: null });
      return { status: 201, body: { id: '10000', key, self: `${this.url}/rest/api/3/issue/10000` } };
    }
    if (pathname === '/rest/api/3/search/jql' && method === 'POST') {
      const query = z
        .strictObject({ jql: z.string(), maxResults: z.number(), fields: z.array(z.string()) })
        .parse(JSON.parse(body));
      const label = /labels = "([^"]+)"/.exec(query.jql)?.[1] ?? '';
      const found = this.issues.filter(({ fields }) => fields.labels?.includes(label));
      return { status: 200, body: { issues: found.map(({ key }) => ({ id: '10000', key })) } };
    }
    const own = /^\/rest\/api\/3\/issue\/(OPS-\d+)$/.exec(pathname)?.[1];
    const issue = this.issues.find(({ key }) => key === own);
    if (own && method === 'GET' && issue && searchParams.get('fields') === 'status,resolution,assignee') {
      const { key, category, resolution, assignee } = issue;
      const fields = {
        status: { name: category, statusCategory: { key: category } },
        resolution: resolution && { name: resolution },
        assignee: assignee && { displayName: assignee },
      };
      return { status: 200, body: { key, fields } };
    }
    return this.refuse(`${method} ${pathname}`);
  }
}
