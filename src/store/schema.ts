import { blob, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/**
 * Every table. Times are integer epoch milliseconds (`_at`), durations integer microseconds (`_us`) or milliseconds
 * (`_ms`). Public ids are TypeIDs; `no` columns are short row numbers that never leave the store.
 */

/** Configurations are kept in revisions, so that old checks can be folded under the policy they ran under. */
export const monitors = sqliteTable(
  'monitors',
  {
    no: integer().primaryKey({ autoIncrement: true }),
    id: text().notNull().unique(),
    key: text().notNull(),
    /** MonitorConfig as JSON, secrets sealed. */
    config: text().notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** Set when deleted: the row stays for the incidents that name it, the key is free again. */
    deletedAt: integer('deleted_at'),
    /** From `change_counter`; the scheduler reads what changed since it last looked. */
    changeSeq: integer('change_seq').notNull(),
  },
  (t) => [index('monitors_key').on(t.key), index('monitors_change').on(t.changeSeq)],
);

export const monitorRevisions = sqliteTable(
  'monitor_revisions',
  {
    monitorNo: integer('monitor_no')
      .notNull()
      .references(() => monitors.no),
    fromAt: integer('from_at').notNull(),
    config: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.fromAt] })],
);

export const locations = sqliteTable('locations', {
  no: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
});

/** Time in which nobody made the checks of a location: what it had seen failing is not held against a monitor. */
export const locationOutages = sqliteTable(
  'location_outages',
  {
    locationNo: integer('location_no')
      .notNull()
      .references(() => locations.no),
    /** When we knew it: some seconds after its last worker signed. */
    fromAt: integer('from_at').notNull(),
    /** Null while it lasts. */
    toAt: integer('to_at'),
  },
  (t) => [primaryKey({ columns: [t.locationNo, t.fromAt] })],
);

/** WITHOUT ROWID in the migration: clustered by monitor and time, no second index. */
export const checks = sqliteTable(
  'checks',
  {
    monitorNo: integer('monitor_no').notNull(),
    at: integer().notNull(),
    locationNo: integer('location_no').notNull(),
    /** startedAt − at. */
    lateMs: integer('late_ms').notNull(),
    /** Total duration; endedAt = startedAt + this. −1: an imported check whose duration nobody knows. */
    durationUs: integer('duration_us').notNull(),
    /** Index into VERDICTS. */
    verdict: integer().notNull(),
    /** Index into FAILURES. */
    failure: integer(),
    status: integer(),
    dnsUs: integer('dns_us'),
    connectUs: integer('connect_us'),
    tlsUs: integer('tls_us'),
    firstByteUs: integer('first_byte_us'),
    downloadUs: integer('download_us'),
    /** scheduled = 0, on demand = 1, imported = 2. */
    origin: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.at, t.locationNo] })],
);

/** Certificates that checks were shown, each when it was first seen: their ends are known before anything fails. */
export const certificates = sqliteTable(
  'certificates',
  {
    monitorNo: integer('monitor_no').notNull(),
    /** Slot of the check that saw it first. */
    seenAt: integer('seen_at').notNull(),
    validFrom: integer('valid_from').notNull(),
    validTo: integer('valid_to').notNull(),
    subject: text().notNull(),
    issuer: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.seenAt] })],
);

/** Checks of an hour or a day in one row (and of a minute, once their rows are gone). WITHOUT ROWID. */
export const rollups = sqliteTable(
  'rollups',
  {
    monitorNo: integer('monitor_no').notNull(),
    lengthMs: integer('length_ms').notNull(),
    at: integer().notNull(),
    up: integer().notNull(),
    degraded: integer().notNull(),
    down: integer().notNull(),
    unknown: integer().notNull(),
    /** Starts of the first and the last check that counted. */
    firstAt: integer('first_at'),
    lastAt: integer('last_at'),
    /** JSON: [from, to] of each stretch of more than two intervals in between; null for none. */
    gaps: text(),
    maxUs: integer('max_us').notNull(),
    /** Sketch of the durations of those that passed. */
    sketch: blob({ mode: 'buffer' }).notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.lengthMs, t.at] })],
);

/** Hours whose rows came or changed since they were rolled up. WITHOUT ROWID. */
export const unrolledHours = sqliteTable(
  'unrolled_hours',
  { at: integer().notNull(), monitorNo: integer('monitor_no').notNull() },
  (t) => [primaryKey({ columns: [t.monitorNo, t.at] })],
);

/** What is kept of checks that were not plainly up: CheckResult as JSON, scrubbed. WITHOUT ROWID. */
export const checkEvidence = sqliteTable(
  'check_evidence',
  {
    monitorNo: integer('monitor_no').notNull(),
    at: integer().notNull(),
    locationNo: integer('location_no').notNull(),
    result: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.at, t.locationNo] })],
);

/** The fold's state as of the last check that changed it; the check rows after it hold the rest. */
export const monitorStates = sqliteTable(
  'monitor_states',
  {
    monitorNo: integer('monitor_no').primaryKey(),
    status: text().notNull(),
    since: integer().notNull(),
    /** MonitorState as JSON. */
    state: text().notNull(),
    changeSeq: integer('change_seq').notNull(),
  },
  (t) => [index('monitor_states_change').on(t.changeSeq)],
);

export const changeCounter = sqliteTable('change_counter', {
  only: integer().primaryKey(),
  value: integer().notNull(),
});

/** Status transitions as they were folded, with the reason. One check makes at most one. WITHOUT ROWID. */
export const statusChanges = sqliteTable(
  'status_changes',
  {
    monitorNo: integer('monitor_no').notNull(),
    /** The check that made it. */
    checkAt: integer('check_at').notNull(),
    locationNo: integer('location_no').notNull(),
    /** When that check started. */
    at: integer().notNull(),
    fromStatus: text('from_status').notNull(),
    toStatus: text('to_status').notNull(),
    reason: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.checkAt, t.locationNo] })],
);

/** Downtime windows. The refs are check rows of this monitor: (at, location). */
export const windows = sqliteTable(
  'windows',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    monitorNo: integer('monitor_no')
      .notNull()
      .references(() => monitors.no),
    firstBadAt: integer('first_bad_at').notNull(),
    firstBadLocationNo: integer('first_bad_location_no').notNull(),
    /** Best estimate of the start: firstBad.startedAt. */
    startedAt: integer('started_at').notNull(),
    /** Best estimate of the end: firstGood.startedAt; null while open. */
    endedAt: integer('ended_at'),
    /** When the recovery was confirmed (resolved.endedAt), or else when it was abandoned; null while open. */
    resolvedAt: integer('resolved_at'),
    /** Stopped being followed without an observed end: the monitor was deleted, or a person closed the incident. */
    abandonedAt: integer('abandoned_at'),
    /** DowntimeWindow as JSON: all six refs with their times. */
    refs: text().notNull(),
    incidentId: text('incident_id').references(() => incidents.id),
  },
  (t) => [
    uniqueIndex('windows_identity').on(t.monitorNo, t.firstBadAt, t.firstBadLocationNo),
    index('windows_incident').on(t.incidentId),
    index('windows_started').on(t.startedAt),
  ],
);

export const nearMisses = sqliteTable(
  'near_misses',
  {
    monitorNo: integer('monitor_no').notNull(),
    firstBadAt: integer('first_bad_at').notNull(),
    firstBadLocationNo: integer('first_bad_location_no').notNull(),
    failure: text().notNull(),
    /** NearMiss as JSON. */
    refs: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.monitorNo, t.firstBadAt, t.firstBadLocationNo] })],
);

/** What machines and people decided about an incident; what was measured is in its windows and their checks. */
export const incidents = sqliteTable(
  'incidents',
  {
    id: text().primaryKey(),
    number: integer().notNull().unique(),
    kind: text().notNull(),
    title: text().notNull(),
    severity: text().notNull(),
    service: text(),
    /** Start, end, detection and resolution repeated from the windows (best estimates), for lists and order. */
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    detectedAt: integer('detected_at').notNull(),
    resolvedAt: integer('resolved_at'),
    acknowledgedAt: integer('acknowledged_at'),
    acknowledgedBy: text('acknowledged_by'),
    /** Set when a person resolved it: the reason in their words. */
    resolvedReason: text('resolved_reason'),
    /** When the row was first written: event time and this differ for imported history. */
    recordedAt: integer('recorded_at').notNull(),
    /** From `change_counter`, moved by everything that a draft shows; the draft stage compares it. */
    changeSeq: integer('change_seq').notNull(),
  },
  (t) => [index('incidents_started').on(t.startedAt), index('incidents_change').on(t.changeSeq)],
);

/** What an incident of kind `pattern` is about: near-misses of a monitor with one failure, within its times. */
export const patterns = sqliteTable(
  'patterns',
  {
    incidentId: text('incident_id')
      .primaryKey()
      .references(() => incidents.id),
    monitorNo: integer('monitor_no').notNull(),
    failure: text().notNull(),
  },
  (t) => [index('patterns_monitor').on(t.monitorNo)],
);

/** What people and integrations said, at the time it happened and the time it was told to us. Append only. */
export const timelineEntries = sqliteTable(
  'timeline_entries',
  {
    id: text().primaryKey(),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    at: integer().notNull(),
    recordedAt: integer('recorded_at').notNull(),
    /** acknowledged | diagnostic | cause_identified | fix_applied | note | status_update | resolved */
    kind: text().notNull(),
    /** person | integration */
    source: text().notNull(),
    by: text(),
    text: text().notNull(),
  },
  (t) => [index('timeline_entries_incident').on(t.incidentId, t.at)],
);

export const changes = sqliteTable(
  'changes',
  {
    id: text().primaryKey(),
    at: integer().notNull(),
    recordedAt: integer('recorded_at').notNull(),
    kind: text().notNull(),
    service: text(),
    title: text().notNull(),
    url: text(),
    /** The id the sender gave; unique, so that a change is recorded once. */
    externalId: text('external_id').unique(),
  },
  (t) => [index('changes_at').on(t.at)],
);

export const channels = sqliteTable('channels', {
  no: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  key: text().notNull(),
  type: text().notNull(),
  /** The rest of the channel as JSON, secrets sealed. */
  config: text().notNull(),
  human: integer({ mode: 'boolean' }).notNull(),
  /** How often it is told of degraded monitors: hourly | daily | off */
  digest: text().notNull().default('daily'),
  /** Why nothing is sent any more (410 Gone), or null. */
  disabledReason: text('disabled_reason'),
  /** Set when deleted: the row stays for the alerts that went to it, the key is free again. */
  deletedAt: integer('deleted_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** The outbox. `id` is the webhook-id. */
export const alerts = sqliteTable(
  'alerts',
  {
    id: text().primaryKey(),
    /** Null for a digest, which is of no incident. */
    incidentId: text('incident_id').references(() => incidents.id),
    /** Position within incident and channel, from 1; delivered in this order. */
    sequence: integer().notNull(),
    channelNo: integer('channel_no')
      .notNull()
      .references(() => channels.no),
    /** incident.opened | incident.updated | … */
    event: text().notNull(),
    /** Frozen; null while more may still join what it says (group wait, flapping, quiet hours): frozen when that is over. */
    payload: text(),
    /** pending | delivered | undeliverable | silenced */
    state: text().notNull(),
    /** Why it is told: opened | joined | recovered | reopened | step | reminder | silence-ended | … */
    reason: text(),
    /** The silence that kept it back. */
    silenceId: text('silence_id').references(() => silences.id),
    attempts: integer().notNull(),
    /** Not sent before this time (group wait, retry). */
    nextAt: integer('next_at').notNull(),
    leaseUntil: integer('lease_until'),
    leaseOwner: text('lease_owner'),
    createdAt: integer('created_at').notNull(),
    deliveredAt: integer('delivered_at'),
    undeliverableReason: text('undeliverable_reason'),
  },
  (t) => [
    uniqueIndex('alerts_order').on(t.incidentId, t.channelNo, t.sequence),
    index('alerts_due').on(t.state, t.nextAt),
  ],
);

export const alertAttempts = sqliteTable(
  'alert_attempts',
  {
    alertId: text('alert_id')
      .notNull()
      .references(() => alerts.id),
    attempt: integer().notNull(),
    /** Written before the send. */
    startedAt: integer('started_at').notNull(),
    /** Null while it is under way. */
    endedAt: integer('ended_at'),
    /** sent | retry | rejected | gone | cut-off (the process ended meanwhile); null while it is under way. */
    outcome: text(),
    statusCode: integer('status_code'),
    detail: text(),
  },
  (t) => [primaryKey({ columns: [t.alertId, t.attempt] })],
);

/** Who is told when nobody acknowledges, and when people are left alone. */
export const escalations = sqliteTable('escalations', {
  no: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  key: text().notNull().unique(),
  /** Escalation as JSON. */
  definition: text().notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** How far an escalation has come for an incident. WITHOUT ROWID. */
export const escalationRuns = sqliteTable(
  'escalation_runs',
  {
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    escalationNo: integer('escalation_no')
      .notNull()
      .references(() => escalations.no),
    /** What the delays of its steps count from. */
    startedAt: integer('started_at').notNull(),
    /** Over all rounds. */
    stepsDone: integer('steps_done').notNull(),
    remindedAt: integer('reminded_at'),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.escalationNo] })],
);

/** Alerts kept back by a person, with an end and a reason. */
export const silences = sqliteTable('silences', {
  id: text().primaryKey(),
  startsAt: integer('starts_at').notNull(),
  endsAt: integer('ends_at').notNull(),
  /** Silence as JSON. */
  definition: text().notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Up to when a channel was told of monitors that are slow. */
export const digests = sqliteTable('digests', {
  channelNo: integer('channel_no')
    .primaryKey()
    .references(() => channels.no),
  toldUntil: integer('told_until').notNull(),
});

/** What a service answered to the alerts of an incident: where later ones go, so that they stay together. WITHOUT ROWID. */
export const alertThreads = sqliteTable(
  'alert_threads',
  {
    incidentId: text('incident_id').notNull(),
    channelNo: integer('channel_no').notNull(),
    /** Thread as JSON. */
    thread: text().notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.channelNo] })],
);

/** Links that acknowledged an incident: each works once. WITHOUT ROWID. */
export const usedLinks = sqliteTable(
  'used_links',
  {
    incidentId: text('incident_id').notNull(),
    channelId: text('channel_id').notNull(),
    expiresAt: integer('expires_at').notNull(),
    usedAt: integer('used_at').notNull(),
    /** The timeline entry of the acknowledgment. */
    entryId: text('entry_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.channelId, t.expiresAt] })],
);

/** One row per stored draft; the text of an old revision never changes. */
export const postmortems = sqliteTable(
  'postmortems',
  {
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    revision: integer().notNull(),
    /** live | draft | in_review | published */
    status: text().notNull(),
    createdAt: integer('created_at').notNull(),
    dueAt: integer('due_at'),
    /** The incident's `change_seq` that this revision was drawn from. */
    changeSeq: integer('change_seq').notNull(),
    /** sha256 over the canonical ledger. */
    snapshot: text().notNull(),
    /** Ledger, document and verification as JSON. */
    ledger: text().notNull(),
    document: text().notNull(),
    claims: text().notNull(),
    /** drawn | edited | submitted | published: why it was stored. */
    reason: text().notNull().default('drawn'),
    /** Who did it; null: nobody, rows changed. */
    by: text(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.revision] })],
);

/** What people wrote in a postmortem: Edit as JSON, one for each block, laid over every new draft. WITHOUT ROWID. */
export const postmortemEdits = sqliteTable(
  'postmortem_edits',
  {
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    blockId: text('block_id').notNull(),
    edit: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.blockId] })],
);

/** What people made of actions, and actions of their own. An untouched proposal has no row. WITHOUT ROWID. */
export const actions = sqliteTable(
  'actions',
  {
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    id: text().notNull(),
    state: text().notNull(),
    owner: text(),
    /** YYYY-MM-DD */
    dueOn: text('due_on'),
    /** Key of the tracker it lives in. */
    trackerKey: text('tracker_key'),
    createdAt: integer('created_at').notNull(),
    doneAt: integer('done_at'),
    /** StoredAction as JSON; the columns above repeat what is looked for. */
    action: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.id] }), index('actions_state').on(t.state, t.dueOn)],
);

/** Where teams keep their work. */
export const trackers = sqliteTable('trackers', {
  no: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  key: text().notNull().unique(),
  type: text().notNull(),
  /** JSON: the fields of its type, without the secret. */
  settings: text().notNull(),
  /** Sealed as JSON. */
  secret: text(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
});

/** The steps of a postmortem's life that people took. Append only. */
export const postmortemSteps = sqliteTable(
  'postmortem_steps',
  {
    no: integer().primaryKey({ autoIncrement: true }),
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    /** submitted | published | amended */
    step: text().notNull(),
    at: integer().notNull(),
    by: text().notNull(),
    /** The revision that it was about. */
    revision: integer().notNull(),
    /** The amendment, or why the gate was overridden. */
    text: text(),
    /** JSON: the rules that were overridden. */
    rules: text(),
  },
  (t) => [index('postmortem_steps_incident').on(t.incidentId, t.no)],
);

/** What people were reminded of, so that each is told once, whatever restarts. WITHOUT ROWID. */
export const postmortemReminders = sqliteTable(
  'postmortem_reminders',
  {
    incidentId: text('incident_id')
      .notNull()
      .references(() => incidents.id),
    /** due-24, due-44, overdue, follow-up, act_…/2026-06-01 */
    what: text().notNull(),
    at: integer().notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.what] })],
);

/** One look back at each published postmortem, some weeks later. */
export const postmortemFollowUps = sqliteTable('postmortem_follow_ups', {
  incidentId: text('incident_id')
    .primaryKey()
    .references(() => incidents.id),
  dueAt: integer('due_at').notNull(),
  /** When it was made; null while it is ahead. */
  madeAt: integer('made_at'),
  /** FollowUp as JSON. */
  review: text(),
});

/** What the configuration file says of postmortems: a row for each text that differs from the one before. */
export const postmortemPolicies = sqliteTable('postmortem_policies', {
  no: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  fromAt: integer('from_at').notNull(),
  /** PostmortemPolicy as JSON. */
  policy: text().notNull(),
});

/** Time in which a monitor (or, with no monitor, all of them) was not watched, and why. */
export const unobserved = sqliteTable(
  'unobserved',
  {
    id: integer().primaryKey({ autoIncrement: true }),
    monitorNo: integer('monitor_no'),
    fromAt: integer('from_at').notNull(),
    /** Null while it lasts. */
    toAt: integer('to_at'),
    /** paused | process-down | missed | clock-jump | own-network | maintenance */
    reason: text().notNull(),
    /** The maintenance that it is a window of. */
    maintenanceId: text('maintenance_id').references(() => maintenances.id),
  },
  (t) => [index('unobserved_monitor').on(t.monitorNo, t.fromAt)],
);

/** Planned work. Its windows are rows of `unobserved`, so that what was stays as it was when this ends. */
export const maintenances = sqliteTable('maintenances', {
  id: text().primaryKey(),
  /** Maintenance as JSON. */
  definition: text().notNull(),
  createdAt: integer('created_at').notNull(),
  /** When it was ended by a person; null while it stands. */
  deletedAt: integer('deleted_at'),
});

/** When the server was last known to run: dates its death. The lock that keeps a second server off is a file lock. */
export const pulse = sqliteTable('pulse', {
  only: integer().primaryKey(),
  beatAt: integer('beat_at').notNull(),
  /** True when the last process said goodbye. */
  stopped: integer({ mode: 'boolean' }).notNull(),
});

export const apiKeys = sqliteTable('api_keys', {
  id: text().primaryKey(),
  name: text().notNull(),
  /** SHA-256 of the whole key. */
  hash: blob({ mode: 'buffer' }).notNull().unique(),
  /** JSON array of scopes. */
  scopes: text().notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at'),
  lastUsedAt: integer('last_used_at'),
});

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    apiKeyId: text('api_key_id').notNull(),
    key: text().notNull(),
    /** SHA-256 of method, path and body: the same key with another request is refused. */
    requestHash: text('request_hash').notNull(),
    status: integer().notNull(),
    headers: text().notNull(),
    body: text().notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.apiKeyId, t.key] }), index('idempotency_created').on(t.createdAt)],
);

/** Small facts about the database itself, such as which key seals its secrets. */
export const meta = sqliteTable('meta', {
  name: text().primaryKey(),
  value: text().notNull(),
});
