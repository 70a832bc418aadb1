/**
 * The fact ledger: every figure, time and name that a draft states, with the rows it came from. The definitions are
 * written for a reader who has only the database: the checker recomputes each fact from these words alone.
 */

/** `d`: whole days. */
export type FactUnit = 's' | 'ms' | 'd' | 'count' | 'time' | 'text' | 'code';

export interface Fact {
  /** `f1`, `f2`, … in ledger order; valid within one revision. (`name`, `about`) is unique and outlives it. */
  id: string;
  name: FactName;
  /** Times are RFC 3339 UTC with milliseconds. Null: looked for and not there. */
  value: number | string | null;
  unit: FactUnit;
  /** Bounds, in the form of the value. */
  min?: number | string;
  max?: number | string;
  /** What it is about, when a name occurs more than once: see the list below. */
  about?: string;
  /** Public ids of the rows behind it, at most 20: the first ones and the last. */
  rows: string[];
  /** The true number of rows, where `rows` lists only some of them. */
  rowCount?: number;
}

/*
 * The forms of `about`.
 *
 * mon_…                 a monitor
 * mon_…/w1              its first window in this incident, w2 the second, … by start
 * mon_…/w1/r2           second symptom run in that window
 * mon_…/w1/status:503   a symptom in that window: the failure, and for failure "status" a colon and the HTTP status
 * mon_…/status:503      a symptom over all windows of the monitor in this incident
 * mon_…/dns             a layer (dns, connect, tls, http, content, limit, policy) or a phase (dns, connect, tls)
 * mon_…/n1              first near-miss of that monitor in the hour before the start, by time
 * mon_…/u1, all/u1      unobserved row of a monitor, or of all of them, numbered by from_at within that subject
 * mon_…/g1              stretch without a check that counted, numbered by time
 * msg_… chg_… evt_… inc_…   an alert, a change, a timeline entry, an earlier incident
 * deploy                (a change's kind) for base rates;  detect, alert, acknowledge, cause, fix, restore, statusUpdate, span: a gap
 */

/*
 * Words used by the definitions.
 *
 * Incident: the row of `incidents`. Windows: rows of `windows` with its id, ordered by refs.firstBad.startedAt, then
 * monitor_no, then id; `refs` is JSON with lastGood, firstBad, confirmed, lastBad, firstGood, resolved (each with at,
 * locationNo, startedAt, endedAt, or null) and locations. Affected monitors: those with a window, by their first window.
 * Open: incidents.resolved_at is null. Until: asOf while open, else incidents.resolved_at.
 * A window's end that was not observed (firstGood null): its abandoned_at, or else Until, for all three of earliest, best, latest,
 * and it makes the incident's `end` null.
 * A check counts when its verdict is not unknown (3). It is bad when down (2), good when up (0) or degraded (1).
 * startedAt of a check row is at + late_ms; endedAt is startedAt + duration_us / 1000 rounded to whole ms.
 * Checks of a window: rows of its monitor, at the locations in refs.locations, with refs.firstBad.at <= at <= refs.lastBad.at, that count;
 * for a window without firstGood and without abandoned_at: refs.firstBad.at <= at <= Until.
 * Order of checks: at, then location_no. Symptom: the failure's name; for failure "status" with a status also ":" and the status.
 * Config of a monitor: JSON of the newest `monitor_revisions` row with from_at <= started_at of its first window here; when there is none, of the oldest row.
 * Policy: JSON of the newest `postmortem_policies` row (largest no) with from_at <= the later of Until and incidents.recorded_at; when there is none,
 * of the oldest row; with no row at all dueHours is 48, all targets are null, and the template is the usual one.
 * Alerts: rows of `alerts` of the incident, but for the events postmortem.due and action.overdue, which are no part of what happened.
 * Entries: rows of `timeline_entries` of the incident. A moment looks only at entries with `at` >= start.min.
 * Seconds are differences of milliseconds / 1000, not rounded, unless the definition says otherwise.
 * A gap is null when either moment is null, or when the later one lies before the earlier one.
 * Median: of the sorted values the middle one, or the mean of the two middle ones.
 * Hour before: checks with start.value - 3,600,000 ms <= at < (the monitor's first refs.firstBad.at).
 * Captured text (titles, notes, reasons, names given by people): control, bidirectional and zero-width characters become a space; runs of white space
 * become one space, ends trimmed; user name, password, query and fragment are taken out of URLs; e-mail addresses become "[address removed]";
 * tokens (Bearer …, hc_…, whsec_…, and key=value pairs named token, secret, password, apikey) become "[removed]"; cut to 300 characters, the last being "…".
 */

interface Definition {
  unit: FactUnit;
  definition: string;
}

export const FACT_CATALOG = {
  // The incident.
  incidentNumber: { unit: 'count', definition: 'incidents.number.' },
  severity: { unit: 'text', definition: 'incidents.severity.' },
  status: {
    unit: 'text',
    definition: 'resolved when incidents.resolved_at is set, else acknowledged when acknowledged_at is set, else open.',
  },
  services: {
    unit: 'text',
    definition:
      'Distinct non-null config.service of the affected monitors, in their order, joined with ", ". With no window: incidents.service. Null when there is none.',
  },
  owners: {
    unit: 'text',
    definition:
      'Distinct non-null config.owner of the affected monitors, in their order, as captured text, joined with ", ". Null when there is none.',
  },
  asOf: { unit: 'time', definition: 'The time at which the draft was drawn; present only while the incident is open.' },
  recordedAt: { unit: 'time', definition: 'incidents.recorded_at.' },
  resolvedReason: {
    unit: 'text',
    definition: 'incidents.resolved_reason as captured text; present only when it is set.',
  },

  // When, and how long.
  start: {
    unit: 'time',
    definition:
      'Smallest refs.firstBad.startedAt of the windows. min: smallest (refs.lastGood.startedAt, or firstBad.startedAt where lastGood is null). max: smallest refs.firstBad.endedAt. With no window: incidents.started_at for all three.',
  },
  end: {
    unit: 'time',
    definition:
      'Null when the incident is open or a window has no firstGood. Else the largest refs.firstGood.startedAt. min: largest refs.lastBad.startedAt. max: largest refs.firstGood.endedAt. With no window: incidents.ended_at for all three (null when null).',
  },
  stoppedFollowingAt: {
    unit: 'time',
    definition:
      'Largest abandoned_at of the windows that have no firstGood; present only when the incident is not open and there is such a window.',
  },
  downSeconds: {
    unit: 's',
    definition:
      'Length of the union of the windows over all monitors, each from firstBad.startedAt to its end (firstGood.startedAt). min: union of firstBad.endedAt to lastBad.startedAt. max: union of (lastGood.startedAt, or firstBad.startedAt) to firstGood.endedAt. An interval that ends before it begins counts 0. With no window: 0.',
  },
  spanSeconds: {
    unit: 's',
    definition:
      'From start.value to end.value, to Until when end is null (for value, min and max). min: from start.max to end.min, not below 0. max: from start.min to end.max.',
  },
  windowCount: { unit: 'count', definition: 'Number of windows.' },
  flapCount: {
    unit: 'count',
    definition: 'Windows beyond the first of each affected monitor: windowCount - affectedCount.',
  },
  dueSeconds: { unit: 's', definition: 'deadlines.dueHours of the policy, in seconds.' },
  dueAt: {
    unit: 'time',
    definition:
      'end.value + dueSeconds; with end null, incidents.resolved_at + dueSeconds; null while the incident is open.',
  },

  // The moments.
  detectedAt: {
    unit: 'time',
    definition: 'Smallest refs.confirmed.endedAt of the windows; with no window incidents.detected_at.',
  },
  alertedAt: {
    unit: 'time',
    definition: 'Smallest alerts.delivered_at over alerts of the incident whose channel has human = 1.',
  },
  acknowledgedAt: {
    unit: 'time',
    definition: 'The earlier of incidents.acknowledged_at and the smallest `at` of entries of kind acknowledged.',
  },
  diagnosticAt: { unit: 'time', definition: 'Smallest `at` of entries of kind diagnostic.' },
  causeIdentifiedAt: { unit: 'time', definition: 'Smallest `at` of entries of kind cause_identified.' },
  fixAppliedAt: {
    unit: 'time',
    definition:
      'Largest `at` of entries of kind fix_applied that is <= end.max (any, when end is null); when none is, the smallest `at` of them.',
  },
  statusUpdateAt: { unit: 'time', definition: 'Smallest `at` of entries of kind status_update.' },
  resolvedAt: { unit: 'time', definition: 'incidents.resolved_at.' },

  // The gaps between them.
  detectSeconds: {
    unit: 's',
    definition: 'detectedAt - start.value. min: detectedAt - start.max. max: detectedAt - start.min.',
  },
  detectWaitSeconds: {
    unit: 's',
    definition:
      'Waiting for the next check. The true start lies between the last good and the first bad check, so: value 0 (the start is dated at the first bad check), min 0, max start.value - start.min.',
  },
  detectConfirmSeconds: { unit: 's', definition: 'Confirmation: detectedAt - start.value.' },
  detectEvaluateSeconds: {
    unit: 's',
    definition:
      'Evaluation: incidents.recorded_at - detectedAt. Null when that is negative, or when the check row behind the smallest refs.confirmed has origin 2 (imported) or is not there.',
  },
  alertSeconds: { unit: 's', definition: 'Gap alertedAt - detectedAt.' },
  acknowledgeSeconds: { unit: 's', definition: 'Gap acknowledgedAt - alertedAt.' },
  causeSeconds: { unit: 's', definition: 'Gap causeIdentifiedAt - acknowledgedAt.' },
  fixSeconds: { unit: 's', definition: 'Gap fixAppliedAt - causeIdentifiedAt.' },
  restoreSeconds: {
    unit: 's',
    definition: 'Gap end.value - fixAppliedAt. min, max: with end.min and end.max, not below 0.',
  },
  statusUpdateSeconds: {
    unit: 's',
    definition: 'Gap statusUpdateAt - start.value. min: with start.max, not below 0. max: with start.min.',
  },
  recoverSeconds: {
    unit: 's',
    definition:
      'Gap end.value - detectedAt: detected to restored, whoever did it. min, max: with end.min and end.max, not below 0.',
  },
  unalertedSeconds: {
    unit: 's',
    definition:
      'Present only when alertedAt is null, the kind is not pattern, and the incident is not imported: (end.value, or Until) - detectedAt, not below 0. Imported: it has windows, and the check row behind the smallest refs.confirmed has origin 2 or is not there.',
  },
  unacknowledgedSeconds: {
    unit: 's',
    definition:
      'Present only when alertedAt is set and acknowledgedAt is null: (end.value, or Until) - alertedAt, not below 0.',
  },

  // What they are held against.
  targetDetectSeconds: {
    unit: 's',
    definition:
      'Smallest config.targets.detectSeconds of the affected monitors, with the policy’s targets.detectSeconds in the place of null; absent when no monitor has one so.',
  },
  targetAcknowledgeSeconds: {
    unit: 's',
    definition:
      'Smallest config.targets.acknowledgeSeconds of the affected monitors, with the policy’s targets.acknowledgeSeconds in the place of null; absent when no monitor has one so.',
  },
  targetStatusUpdateSeconds: {
    unit: 's',
    definition:
      'Smallest config.targets.statusUpdateSeconds of the affected monitors, with the policy’s targets.statusUpdateSeconds in the place of null; absent when no monitor has one so.',
  },
  serviceMedianSeconds: {
    unit: 's',
    definition:
      'about: a gap. Median over Peers that have the gap, absent when none has. Peers: the 20 incidents with the largest started_at among those with kind outage, resolved_at set, started_at < start.value, another id, and the same non-null service (when incidents.service is null: a window of an affected monitor). Per peer, with its row and entries with at >= started_at: detect = detected_at - started_at; alert = first human delivery - detected_at; acknowledge = acknowledged_at - first human delivery; cause = first cause_identified - acknowledged_at; fix = first fix_applied - first cause_identified; restore = ended_at - first fix_applied; statusUpdate = first status_update - started_at; span = ended_at - started_at. A part that is null or a negative result leaves the peer out for that gap. Rounded to whole ms.',
  },
  serviceMedianCount: { unit: 'count', definition: 'about: a gap. Number of peers behind its serviceMedianSeconds.' },

  proposedSeconds: {
    unit: 's',
    definition:
      'about: a gap that an action proposes to shorten (recover: detected to restored). detect: targetDetectSeconds, else 120. alert: 60. acknowledge: targetAcknowledgeSeconds, else 300. statusUpdate: targetStatusUpdateSeconds, else 900. cause, fix, restore, recover: serviceMedianSeconds of that gap when there is one below the measured value (causeSeconds, fixSeconds, restoreSeconds, recoverSeconds), else half of the measured value; rounded up to whole minutes from 120 s on, to whole seconds below.',
  },
  proposedIntervalSeconds: {
    unit: 's',
    definition:
      'about: an affected monitor. targetDetectSeconds (120 when absent) less detectConfirmSeconds, but at most half of intervalSeconds and at least 5; cut to whole seconds.',
  },

  // Who was affected.
  affectedCount: { unit: 'count', definition: 'Number of affected monitors.' },
  notAffectedCount: {
    unit: 'count',
    definition:
      'Monitors with deleted_at null or > T, no window in this incident, and at least one check that counts with `at` in [start.value, T]. T: incidents.ended_at or else Until.',
  },
  watchedCount: { unit: 'count', definition: 'affectedCount + notAffectedCount.' },
  monitorName: {
    unit: 'text',
    definition:
      'about: an affected monitor, or one of the first 20 not affected (by `no`). config.name as captured text (for those not affected: of the newest revision with from_at <= start.value, else of the oldest).',
  },
  impactSummary: {
    unit: 'text',
    definition: 'about: an affected monitor. config.impact.summary as captured text; absent when not given.',
  },
  usersPerMinute: {
    unit: 'count',
    definition: 'about: an affected monitor. config.impact.usersPerMinute; absent when not given.',
  },
  usersAffected: {
    unit: 'count',
    definition:
      'about: an affected monitor with usersPerMinute. usersPerMinute x monitorDownSeconds / 60, rounded to a whole number; min and max from those of monitorDownSeconds.',
  },
  monitorDownSeconds: { unit: 's', definition: 'about: an affected monitor. As downSeconds, for its windows.' },
  monitorChecks: { unit: 'count', definition: 'about: an affected monitor. Checks of its windows, summed.' },
  monitorFailed: { unit: 'count', definition: 'about: an affected monitor. Bad ones among monitorChecks.' },
  failureCount: {
    unit: 'count',
    definition: 'about: a symptom of a monitor. Bad checks of its windows with that symptom.',
  },
  layerFailed: {
    unit: 'count',
    definition:
      'about: monitor and layer. Bad checks of its windows whose failure is of that layer: dns-*, connect-*, tls-*; content: body, json, header; limit: latency, certificate-days; policy: target-refused; http: all others (and bad checks without a failure). Absent when 0.',
  },
  phaseCompleted: {
    unit: 'count',
    definition:
      'about: monitor and phase. Bad checks of its windows that had got past the phase: its column (dns_us, connect_us, tls_us) is set and the failure is of a later layer (dns: not dns-*; connect: not dns-* or connect-*; tls: not dns-*, connect-* or tls-*). Absent when 0.',
  },
  locationCount: {
    unit: 'count',
    definition:
      "about: an affected monitor. Distinct locations with a check that counts, `at` between the first window's firstBad.at and the last window's lastBad.at.",
  },
  locationFailedCount: {
    unit: 'count',
    definition: 'about: an affected monitor. Those of locationCount with a bad check in that range.',
  },
  locationsFailed: {
    unit: 'text',
    definition:
      'about: an affected monitor. Names of the locations of locationFailedCount, sorted by code unit, joined with ", ". Null when there is none.',
  },
  locationsFine: {
    unit: 'text',
    definition:
      'about: an affected monitor. Names of the other locations of locationCount, likewise. Null when there is none.',
  },
  unknownChecks: {
    unit: 'count',
    definition:
      "about: an affected monitor. Checks with verdict unknown, `at` between the first window's firstBad.at and the last window's lastBad.at (of open windows: Until). Absent when 0.",
  },
  intervalSeconds: { unit: 's', definition: 'about: an affected monitor. config.intervalSeconds.' },
  confirmFailures: { unit: 'count', definition: 'about: an affected monitor. config.confirm.failures.' },
  retrySeconds: {
    unit: 's',
    definition: 'about: an affected monitor. The smaller of config.confirm.retrySeconds and config.intervalSeconds.',
  },
  channelCount: {
    unit: 'count',
    definition:
      'Distinct keys of the rows of `channels` with human = 1 whose key is in config.channels of an affected monitor.',
  },

  // Windows and symptoms.
  windowStart: {
    unit: 'time',
    definition:
      'about: a window. refs.firstBad.startedAt. min: refs.lastGood.startedAt, or firstBad.startedAt when null. max: refs.firstBad.endedAt.',
  },
  windowEnd: {
    unit: 'time',
    definition:
      'about: a window. refs.firstGood.startedAt, min refs.lastBad.startedAt, max refs.firstGood.endedAt; null without bounds when there is no firstGood.',
  },
  windowDownSeconds: { unit: 's', definition: 'about: a window. As downSeconds, for this one window.' },
  windowConfirmedAt: { unit: 'time', definition: 'about: a window. refs.confirmed.endedAt.' },
  windowResolvedAt: { unit: 'time', definition: 'about: a window. refs.resolved.endedAt, null when there is none.' },
  windowChecks: { unit: 'count', definition: 'about: a window. Number of checks of the window.' },
  windowFailed: { unit: 'count', definition: 'about: a window. Bad ones among them.' },
  windowFailureCount: {
    unit: 'count',
    definition: 'about: a symptom in a window. Bad checks of the window with that symptom.',
  },
  lastGoodAt: {
    unit: 'time',
    definition: 'about: a window. refs.lastGood.startedAt; null when no check had passed before.',
  },
  symptomLabel: {
    unit: 'text',
    definition:
      'about: a symptom run. Runs: the bad checks of a window in order; a run is a longest stretch of bad checks with the same symptom (good checks in between do not end it). Present for windows with at most 6 runs. Value: the symptom in words, "HTTP 503" for status:503, else as in describeFailure of src/domain/check.ts.',
  },
  symptomFrom: { unit: 'time', definition: 'about: a symptom run. startedAt of its first check.' },
  symptomTo: { unit: 'time', definition: 'about: a symptom run. startedAt of its last check.' },
  symptomFailed: { unit: 'count', definition: 'about: a symptom run. Its bad checks.' },
  symptomChecks: {
    unit: 'count',
    definition:
      "about: a symptom run. Checks of the window from the run's first to its last in the order of checks, good ones included.",
  },
  runCount: { unit: 'count', definition: 'about: a window. Number of its symptom runs.' },

  // Before and after.
  baselineMs: {
    unit: 'ms',
    definition:
      'about: an affected monitor. Median duration_us / 1000 of its checks of the hour before with verdict up, rounded to 0.1 ms; absent with fewer than 5 of them.',
  },
  baselineChecks: { unit: 'count', definition: 'about: an affected monitor. Number of checks behind baselineMs.' },
  certificateDays: {
    unit: 'count',
    definition:
      'about: an affected monitor. Of its row in certificates with the latest seen_at up to the firstBad.at of its first window: valid_to minus firstBad.startedAt, in days of 86,400,000 ms, rounded down. Absent without such a row.',
  },
  leadUpFrom: {
    unit: 'time',
    definition:
      'about: an affected monitor. Series: its good checks (verdict up or degraded, duration_us >= 0) at the location of the firstBad of its first window, at in [firstBad.at - 4 h, firstBad.at), by at; x is duration_us / 1000. With fewer than 20 there is none. Reference: the first half, rounded up, h checks. m: its median. t = h / 3 rounded down; b: the median of its last t minus that of its first t, divided by h - t; 0 when below. y = x - b i, i from 0 over the series; c: the median of y over the reference; s: the largest of 1.4826 times the median of |y - c| over it, 0.05 m, and 1. z = (y - c) / s, cut to -4..4. Over the rest in order, from S = 0: S = min(16, max(0, S + z - 1)). The excursion is what comes after the last check at which S was 0. It is a drift when S ends at 8 or more and the median z of its last five (of all, if fewer) is above 1. startedAt of the first check of the drift.',
  },
  leadUpChecks: { unit: 'count', definition: 'about: as leadUpFrom. Checks of the drift.' },
  leadUpSeconds: {
    unit: 's',
    definition: "about: as leadUpFrom. startedAt of the monitor's first firstBad minus leadUpFrom.",
  },
  leadUpMedianMs: {
    unit: 'ms',
    definition: 'about: as leadUpFrom. Median x of the drift, rounded to 0.1 ms.',
  },
  leadUpBaselineMs: { unit: 'ms', definition: 'about: as leadUpFrom. m, rounded to 0.1 ms.' },
  leadUpPhase: {
    unit: 'text',
    definition:
      'about: as leadUpFrom. Of the phases dns, connect, tls, firstByte, download, each as a series of its own (the values that are not null, in ms), those that end in a drift; of these the one whose median of the drift is farthest above its m, the first of equals. Absent when there is none.',
  },
  leadUpPhaseMs: {
    unit: 'ms',
    definition: 'about: as leadUpFrom. Median of the drift of that phase, rounded to 0.1 ms.',
  },
  leadUpPhaseBaselineMs: { unit: 'ms', definition: 'about: as leadUpFrom. m of that phase, rounded to 0.1 ms.' },
  leadUpTried: {
    unit: 'count',
    definition:
      'about: as leadUpFrom. The 180 stretches of 4 h that end at firstBad.at - 4 h, firstBad.at - 8 h, and so on, without those in which, or within 1 h after which, a window or a near-miss of the monitor has its firstBad.at, and without those of fewer than 20 checks of the kind of the series.',
  },
  leadUpSpoke: { unit: 'count', definition: 'about: as leadUpFrom. Of these stretches, those that end in a drift.' },
  slowAfterChecks: {
    unit: 'count',
    definition:
      'about: an affected monitor whose last window has a firstGood. Length of the unbroken series of degraded checks, in order of checks at the locations of the window, that begins with refs.firstGood of its last window, looking at checks that count with at <= Until. Absent when 0.',
  },
  slowAfterUntil: {
    unit: 'time',
    definition: 'about: as slowAfterChecks. startedAt of the check after that series; null when there is none.',
  },
  patternMonitor: {
    unit: 'text',
    definition:
      'Of an incident of kind pattern: name of the monitor of its row in patterns, in the configuration in force at its start.',
  },
  patternFailure: {
    unit: 'text',
    definition: 'Of an incident of kind pattern: the failure of its row in patterns in words, without a status.',
  },
  patternCount: {
    unit: 'count',
    definition:
      'Of an incident of kind pattern: near-misses of its monitor and failure whose firstBad.startedAt lies from its started_at to its ended_at, without those within 5 min of a window of the monitor (from started_at - 5 min to resolved_at + 5 min).',
  },
  patternFailed: { unit: 'count', definition: 'Sum of refs.failed of those near-misses.' },
  patternMissAt: {
    unit: 'time',
    definition: 'about: p1, p2, … in the order of their starts. refs.firstBad.startedAt of such a near-miss.',
  },
  patternMissFailed: { unit: 'count', definition: 'about: p1, p2, … refs.failed.' },
  patternMissSeconds: {
    unit: 's',
    definition: 'about: p1, p2, … refs.firstGood.startedAt minus refs.firstBad.startedAt.',
  },
  nearMissCount: {
    unit: 'count',
    definition:
      'Rows of near_misses of affected monitors with refs.firstBad.startedAt in [start.value - 1 h, start.value).',
  },
  nearMissAt: { unit: 'time', definition: 'about: a near-miss. refs.firstBad.startedAt.' },
  nearMissFailed: { unit: 'count', definition: 'about: a near-miss. refs.failed.' },
  nearMissSeconds: { unit: 's', definition: 'about: a near-miss. start.value - refs.firstBad.startedAt.' },
  nearMissLabel: {
    unit: 'text',
    definition:
      'about: a near-miss. The failure in words, as symptomLabel, with the status of its first bad check (row in checks at refs.firstBad).',
  },

  // Alerts.
  alertChannel: {
    unit: 'text',
    definition: 'about: an alert (each row of `alerts` of the incident). Key of its channel.',
  },
  alertEvent: { unit: 'text', definition: 'about: an alert. alerts.event.' },
  alertQueuedAt: { unit: 'time', definition: 'about: an alert. alerts.created_at.' },
  alertDeliveredAt: { unit: 'time', definition: 'about: an alert. alerts.delivered_at, null when not delivered.' },
  alertAttempts: {
    unit: 'count',
    definition: 'about: an alert. Number of its rows in alert_attempts that have an outcome.',
  },
  alertFailedAttempts: { unit: 'count', definition: 'about: an alert. Those with an outcome other than sent.' },
  alertFirstFailedAt: {
    unit: 'time',
    definition: 'about: an alert with alertFailedAttempts > 0. Smallest ended_at of these.',
  },
  alertLastFailedAt: {
    unit: 'time',
    definition: 'about: an alert with alertFailedAttempts > 0. Largest ended_at of these.',
  },
  alertFailure: {
    unit: 'text',
    definition:
      'about: an alert with alertFailedAttempts > 0. Of the failed attempt with the largest number: "HTTP " and status_code when set, else detail as captured text, else "no answer".',
  },
  alertGivenUp: {
    unit: 'text',
    definition: 'about: an alert with state undeliverable. undeliverable_reason as captured text, or "undeliverable".',
  },
  deliveredCount: {
    unit: 'count',
    definition: 'Alerts of the incident with delivered_at set, on channels with human = 1.',
  },
  alertCount: { unit: 'count', definition: 'Alerts of the incident on channels with human = 1.' },

  // What people and integrations said.
  entryAt: { unit: 'time', definition: 'about: an entry. Its `at`.' },
  entryRecordedAt: { unit: 'time', definition: 'about: an entry. Its recorded_at.' },
  entryLateSeconds: { unit: 's', definition: 'about: an entry with recorded_at - at > 600,000 ms. recorded_at - at.' },
  entryText: { unit: 'text', definition: 'about: an entry. Its text as captured text.' },
  entryDelaySeconds: {
    unit: 's',
    definition: 'about: an entry of kind status_update with `at` >= start.value. at - start.value.',
  },
  downAtUpdate: {
    unit: 'count',
    definition:
      'about: an entry of kind status_update. Affected monitors with a window where firstBad.startedAt <= at < end (firstGood.startedAt, else as in the conventions above; a window still open at asOf contains every later time).',
  },

  // Changes.
  changeAt: {
    unit: 'time',
    definition: 'about: a change. changes.at. The changes: rows with `at` in [start.value - 24 h, end.value or Until].',
  },
  changeKind: { unit: 'text', definition: 'about: a change. changes.kind.' },
  changeTitle: { unit: 'text', definition: 'about: a change. changes.title as captured text.' },
  changeService: {
    unit: 'text',
    definition: 'about: a change. changes.service as captured text; null when not given.',
  },
  changeBeforeSeconds: { unit: 's', definition: 'about: a change with at <= start.value. start.value - at.' },
  changeToEndSeconds: {
    unit: 's',
    definition: 'about: a change with start.value < at <= end.value, when end is not null. end.value - at.',
  },
  changeAffectedCount: {
    unit: 'count',
    definition:
      'about: a change with at <= start.value and a service. Affected monitors with that config.service (compared as stored).',
  },
  changeSparedCount: {
    unit: 'count',
    definition:
      'about: as changeAffectedCount. Monitors of notAffectedCount whose config.service, in the configuration in force at start.value, is that service.',
  },
  changesBeforeCount: { unit: 'count', definition: 'Changes with `at` in [start.value - 24 h, start.value].' },
  changesDuringCount: { unit: 'count', definition: 'Changes with `at` in (start.value, end.value or Until].' },
  changeBaseTotal: {
    unit: 'count',
    definition:
      'about: a kind. Of `changes` with that kind and at < start.value - 600,000 ms, the 40 with the largest (at, id): how many there are. Present for kinds of changes within 600 s before the start, when there are at least 5.',
  },
  changeBaseFollowed: {
    unit: 'count',
    definition: 'about: a kind. How many of those have a row in `windows` with started_at in [at, at + 600,000 ms].',
  },

  // What was not seen.
  unobservedSeconds: {
    unit: 's',
    definition:
      'Length of the union of the rows of `unobserved` with monitor_no null or of an affected monitor, clipped to [start.value, end.value or Until]; an open row ends at Until.',
  },
  unobservedFrom: {
    unit: 'time',
    definition:
      'about: an unobserved row with monitor_no null or of an affected monitor that reaches into (start.value - 1 h, end.value or Until) (from_at before its end and to_at after its beginning). from_at.',
  },
  unobservedTo: { unit: 'time', definition: 'about: an unobserved row. to_at, null while it lasts.' },
  unobservedReason: { unit: 'text', definition: 'about: an unobserved row. Its reason.' },
  placeLostFrom: {
    unit: 'time',
    definition:
      'about: l1, l2, …: the rows of location_outages, by (from_at, location_no), of locations that config.locations of an affected monitor names, with from_at before end.value (or Until) and to_at null or after start.value - 1 h. from_at.',
  },
  placeLostTo: { unit: 'time', definition: 'about: as placeLostFrom. to_at, null while it lasts.' },
  placeLostName: { unit: 'text', definition: 'about: as placeLostFrom. Name of the location.' },
  checkGapSeconds: {
    unit: 's',
    definition:
      'about: a stretch. For each window of the monitor, checks that count at its locations with `at` from lastGood.at (or firstBad.at) to firstGood.at (or lastBad.at), in order: two neighbours whose startedAt lie more than two config.intervalSeconds apart form a stretch, unless an unobserved row of the ledger overlaps it. Difference of their startedAt.',
  },
  checkGapFrom: { unit: 'time', definition: 'about: a stretch. startedAt of the earlier check.' },
  checkGapTo: { unit: 'time', definition: 'about: a stretch. startedAt of the later check.' },

  // The team's template.
  teamQuestion: {
    unit: 'text',
    definition:
      "about: the id of its block: the section, `.team.`, and the question in lower case, with a hyphen for whatever is no letter or digit, cut to 60 characters, a hyphen at either end taken off (and -2, -3, … where that repeats in the section). questions[section][i] of the policy as captured text; only of sections that the policy's `sections` has.",
  },

  // What happened before.
  earlierCount: {
    unit: 'count',
    definition:
      'Earlier incidents: other incidents of kind outage with started_at in [start.value - 365 d, start.value) that have a window, and the same non-null incidents.service or a window of an affected monitor. 0 without a signature (see signatureFailure).',
  },
  signatureFailure: {
    unit: 'text',
    definition:
      "Signature of an incident: its first window gives the monitor. Shown: the bad checks of that monitor, at any location, with `at` from that window's firstBad.at to the smaller of that + 3,600,000 ms and the largest refs.lastBad.at of the monitor's windows in the incident. began: the symptom of the first of them by `at`, then by name of location. mostly: the most frequent symptom, of equally frequent ones the one whose first check comes first. Value: mostly, in words as symptomLabel. Absent, like all facts that build on a signature, when nothing is shown.",
  },
  signaturePhase: {
    unit: 'text',
    definition:
      'Of the shown checks with the symptom mostly: for each the last of dns, connect, tls, firstByte, download whose column is set; the most frequent of these, of equals the earlier phase. Null when none of the checks has one.',
  },
  signatureLong: {
    unit: 'text',
    definition:
      'Of the same checks: the phase whose column adds up to more than half of what all five columns add up to (missing ones count 0). Null when there is none.',
  },
  signatureLocations: {
    unit: 'text',
    definition: 'Names of the locations of the shown checks, sorted by code unit, joined with ", ".',
  },
  signatureHour: { unit: 'count', definition: 'Hour of start.value in UTC, 0 to 23.' },
  earlierSameCount: {
    unit: 'count',
    definition:
      'Of the 50 earlier incidents with the largest (started_at, number), those of the same signature: failure or beginning, and phase, and locations agree. failure: mostly is the same. beginning: began is the same, and the symptoms shown in one are all shown in the other. phase: mostly differs; or else signaturePhase is the same or null in one, and, when the layer of mostly is limit, signatureLong is the same or null in one. locations: they have one in common. hour (told only): the hours are at most 1 apart, around midnight too. Absent without a signature.',
  },
  earlierNumber: {
    unit: 'count',
    definition: 'about: an earlier incident with the same signature, the newest 5. incidents.number.',
  },
  earlierStart: { unit: 'time', definition: 'about: as earlierNumber. incidents.started_at.' },
  earlierSeconds: { unit: 's', definition: 'about: as earlierNumber. start.value - its started_at.' },
  earlierDays: {
    unit: 'd',
    definition: 'about: as earlierNumber. earlierSeconds in whole days of 86,400 s, rounded down.',
  },
  earlierAgrees: {
    unit: 'text',
    definition:
      'about: as earlierNumber. Those of failure, beginning, phase, locations, hour that agree, in this order, joined with ", ".',
  },
  earlierPostmortem: {
    unit: 'text',
    definition:
      'about: as earlierNumber. Status of its newest row in postmortems: published, in_review, or else draft; none without a row.',
  },
  earlierCause: {
    unit: 'text',
    definition:
      'about: as earlierNumber. Text, as captured text, of its entry of kind cause_identified with the largest (at, id) whose text is not empty. Absent without one.',
  },

  // A group of near-misses: the ledger of its own paragraph, which stands beside no incident.
  missMonitor: {
    unit: 'text',
    definition:
      'Group: rows of near_misses with one monitor_no, failure, status (of the row in checks at refs.firstBad, for failure status alone) and phase (the last of dns, connect, tls, firstByte, download whose column is set in that row), with firstBad.startedAt in (newest - 30 d, newest]; newest: the largest of them all. Value: name of the monitor in the configuration in force at newest, as captured text.',
  },
  missFailure: { unit: 'text', definition: 'The failure of the group in words, as symptomLabel.' },
  missPhase: { unit: 'text', definition: 'The phase of the group, null when no column is set.' },
  missCount: { unit: 'count', definition: 'Rows of the group.' },
  missFailed: { unit: 'count', definition: 'Sum of their refs.failed.' },
  missFirstAt: { unit: 'time', definition: 'Smallest firstBad.startedAt of the group.' },
  missLastAt: { unit: 'time', definition: 'Largest firstBad.startedAt of the group.' },
  missLongestSeconds: { unit: 's', definition: 'Largest firstGood.startedAt - firstBad.startedAt of the group.' },
  missAt: { unit: 'time', definition: 'about: p1 to p4, the newest four of the group in order. firstBad.startedAt.' },
  missIncident: {
    unit: 'count',
    definition:
      'Smallest number of the incidents with a row in patterns of this monitor_no and failure, without resolved_reason, and newest in [started_at, ended_at]. Absent without one.',
  },
  earlierOpenCount: {
    unit: 'count',
    definition: 'about: as earlierNumber. Rows of `actions` of that incident with state open. Absent when 0.',
  },
  earlierOpenTitle: {
    unit: 'text',
    definition:
      'about: an open action of an earlier incident, incident id and action id joined with "/", the first 3 by (created_at, id). Of the JSON of its row in `actions`: title, or when that is null drafted.title, as captured text.',
  },
  earlierOpenDays: {
    unit: 'd',
    definition:
      'about: as earlierOpenTitle. start.value - openedAt (createdAt when null) of its row, in whole days of 86,400,000 ms, not below 0.',
  },
  earlierOpenLateDays: {
    unit: 'd',
    definition:
      'about: as earlierOpenTitle. start.value - 00:00 UTC of its due_on, in whole days of 86,400,000 ms. Absent without due_on, and below 1.',
  },
} as const satisfies Record<string, Definition>;

export type FactName = keyof typeof FACT_CATALOG;
