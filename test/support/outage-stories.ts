import type { MonitorConfig } from '#src/domain/monitor.ts';

/**
 * What people did in the outages of `outages.ts`, in seconds from the published start, and what a draft of it must and
 * must not say. Times are published ones unless `assumed`; the words are ours. What nobody published is not here: the
 * draft has to ask for it. Which change was the trigger is not here either: a draft is not told.
 */
export interface Told {
  at: number;
  kind: 'acknowledged' | 'diagnostic' | 'cause_identified' | 'fix_applied' | 'note' | 'status_update' | 'resolved';
  text: string;
  /** When it was written down; a few seconds later when absent. */
  recordedAt?: number;
  source?: 'person' | 'integration';
  assumed?: true;
}

export interface ToldChange {
  at: number;
  kind: 'deploy' | 'config' | 'flag' | 'infrastructure' | 'other';
  title: string;
  service?: string;
  assumed?: true;
}

/** The moments that the draft must ask people for, by the ids of their blocks. */
export type Asked = 'alerted' | 'acknowledged' | 'diagnostic' | 'cause' | 'fix' | 'status-update';

export interface Expected {
  says: string[];
  saysNot: string[];
  asks: Asked[];
  /** Sum of the downtime of all incidents, in seconds. */
  downSeconds: [number, number];
  /** From the start by the checks to the first public word. */
  statusSeconds?: number;
  /** A change stands in the timeline before the start. */
  changeBefore: boolean;
  /** A drift in latency before the start is seen. */
  drift?: true;
}

export interface Story {
  monitor: Partial<MonitorConfig>;
  /** Watched beside it, and fine all the time. */
  beside?: Partial<MonitorConfig>;
  /** When the first alert to a person was delivered; absent: nobody was told. */
  alertAt?: number;
  told: Told[];
  changes: ToldChange[];
  expected: Expected;
}

const TARGETS = { detectSeconds: 120, acknowledgeSeconds: 300, statusUpdateSeconds: 900, uptimePercent: 99.9 };

export const STORIES: Record<string, Story> = {
  'cdn-rule-2019-07-02': {
    monitor: {
      key: 'edge',
      name: 'Edge proxy',
      url: 'https://www.edge.example/',
      service: 'edge',
      intervalSeconds: 30,
    },
    alertAt: 180,
    told: [
      { at: 1080, kind: 'cause_identified', text: 'The web firewall uses all CPU; it is no attack from outside' },
      { at: 1200, kind: 'note', text: 'Switching the firewall off everywhere was proposed' },
      { at: 1500, kind: 'fix_applied', text: 'Firewall switched off everywhere' },
      { at: 1620, kind: 'note', text: 'Traffic and CPU are back where they were' },
      { at: 4200, kind: 'note', text: 'Firewall on again after a trial in one city' },
    ],
    changes: [
      { at: -660, kind: 'other', title: 'Merge: firewall rule, log only', service: 'edge' },
      { at: -300, kind: 'other', title: 'Build of the firewall rules passed', service: 'edge' },
      { at: 0, kind: 'deploy', title: 'Firewall rule to all locations', service: 'edge' },
      { at: 1500, kind: 'config', title: 'Firewall: off', service: 'edge' },
    ],
    expected: {
      says: ['HTTP 502', 'no attack from outside'],
      saysNot: ['DDoS', 'author of the rule', 'users were'],
      asks: ['acknowledged', 'diagnostic', 'status-update'],
      downSeconds: [1380, 1680],
      changeBefore: true,
    },
  },
  'backbone-2021-10-04': {
    monitor: {
      key: 'social',
      name: 'Home of the network',
      url: 'https://social.example/',
      service: 'social',
      intervalSeconds: 60,
      expect: {
        status: ['200', '301-302'],
        body: [],
        json: [],
        headers: [],
        latencyMs: { degraded: null, down: null },
        certificateDays: { degraded: null, down: null },
      },
    },
    told: [
      { at: 720, kind: 'note', text: 'A public resolver answers SERVFAIL for this name', source: 'integration' },
      { at: 19_260, kind: 'note', text: 'Routes are announced again', source: 'integration' },
      { at: 20_280, kind: 'note', text: 'Announcements of routes at their height', source: 'integration' },
      { at: 20_940, kind: 'note', text: 'Seen from outside the network is connected', source: 'integration' },
    ],
    changes: [{ at: -60, kind: 'infrastructure', title: 'Backbone maintenance', assumed: true }],
    expected: {
      says: ['DNS', 'SERVFAIL'],
      saysNot: ['root cause was DNS', 'root cause: DNS'],
      asks: ['alerted', 'acknowledged', 'diagnostic', 'cause', 'fix', 'status-update'],
      downSeconds: [19_700, 26_000],
      changeBefore: true,
    },
  },
  'cdn-configuration-2021-06-08': {
    monitor: {
      key: 'shop',
      name: 'Shop behind the CDN',
      url: 'https://shop.example/',
      service: 'shop',
      intervalSeconds: 30,
      severity: 'critical',
      owner: 'shop on-call',
      impact: { summary: 'Nobody can order.', usersPerMinute: null },
      targets: TARGETS,
    },
    beside: { key: 'origin', name: 'Origin', url: 'https://origin.example/', service: 'origin' },
    alertAt: 60,
    told: [
      { at: 660, kind: 'status_update', text: 'We look into errors at our CDN' },
      { at: 2400, kind: 'cause_identified', text: 'One configuration of one customer sets it off' },
      { at: 2940, kind: 'fix_applied', text: 'That configuration is switched off', assumed: true },
      { at: 10_080, kind: 'resolved', text: 'Mitigated' },
      { at: 10_620, kind: 'status_update', text: 'Resolved' },
    ],
    changes: [
      { at: -2_368_020, kind: 'deploy', title: 'CDN release of May', assumed: true },
      { at: 0, kind: 'config', title: 'Configuration of a customer', assumed: true },
      { at: 27_480, kind: 'deploy', title: 'CDN release with the lasting fix' },
    ],
    expected: {
      says: ['HTTP 503', 'Nobody can order', 'Origin'],
      saysNot: ['customer error', 'customer mistake', 'CDN release of May', 'lasting fix'],
      asks: ['acknowledged', 'diagnostic'],
      downSeconds: [2500, 4500],
      statusSeconds: 660,
      changeBefore: true,
    },
  },
  'crash-loop-2022-11-18': {
    monitor: { key: 'web', name: 'Web app', url: 'https://app.example/', service: 'web', intervalSeconds: 30 },
    alertAt: 30,
    told: [
      { at: 120, kind: 'note', text: 'Processes started by hand, back up' },
      { at: 1200, kind: 'note', text: 'Purging the queues of messages' },
      { at: 1920, kind: 'note', text: 'No more crashes' },
      { at: 1980, kind: 'note', text: 'Met again to plan what to do next' },
    ],
    changes: [
      { at: 1200, kind: 'infrastructure', title: 'Queues purged', service: 'web' },
      { at: 4080, kind: 'deploy', title: 'Message handlers catch what they throw', service: 'web' },
      { at: 6240, kind: 'deploy', title: 'Web, worker and timers apart', service: 'web' },
    ],
    expected: {
      says: ['HTTP 503', 'on and off', 'within a span of'],
      saysNot: ['32 min of downtime', 'catch what they throw'],
      asks: ['acknowledged', 'diagnostic', 'cause', 'fix', 'status-update'],
      downSeconds: [660, 1100],
      changeBefore: false,
    },
  },
  'missing-record-2023-01-25': {
    monitor: {
      key: 'downloads',
      name: 'Downloads',
      url: 'https://static.registry.example/',
      service: 'registry',
      intervalSeconds: 60,
      expect: {
        status: ['200', '403'],
        body: [],
        json: [],
        headers: [],
        latencyMs: { degraded: null, down: null },
        certificateDays: { degraded: null, down: null },
      },
    },
    beside: { key: 'registry', name: 'Registry', url: 'https://registry.example/', service: 'web' },
    told: [{ at: -79_200, kind: 'note', text: 'The change was announced', recordedAt: -79_100, assumed: true }],
    changes: [
      { at: 0, kind: 'infrastructure', title: 'Apply: certificate and DNS record replaced', service: 'registry' },
      { at: 900, kind: 'infrastructure', title: 'Apply: DNS record made', service: 'registry', assumed: true },
    ],
    expected: {
      says: ['DNS', 'Registry'],
      saysNot: ['engineers fixed', 'fixed by'],
      asks: ['alerted', 'acknowledged', 'diagnostic', 'cause', 'fix', 'status-update'],
      downSeconds: [840, 1600],
      changeBefore: true,
    },
  },
  'home-page-2016-07-20': {
    monitor: {
      key: 'home',
      name: 'Home page',
      url: 'https://answers.example/',
      service: 'answers',
      intervalSeconds: 30,
      targets: { ...TARGETS, statusUpdateSeconds: 600 },
    },
    told: [
      { at: 600, kind: 'cause_identified', text: 'A regular expression takes very long on one post' },
      { at: 900, kind: 'status_update', text: 'The site is down, we know why', assumed: true },
      { at: 1440, kind: 'note', text: 'A change of the code is written' },
      { at: 2040, kind: 'fix_applied', text: 'The change is on enough servers' },
    ],
    changes: [{ at: 2040, kind: 'deploy', title: 'Replace the expression by a function', service: 'answers' }],
    expected: {
      says: ['HTTP 503', 'regular expression'],
      saysNot: ['after a deploy', 'before the start. Change'],
      asks: ['alerted', 'acknowledged', 'diagnostic'],
      downSeconds: [1950, 2070],
      statusSeconds: 900,
      changeBefore: false,
      drift: true,
    },
  },
};
