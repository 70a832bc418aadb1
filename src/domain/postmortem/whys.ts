import { LAYERS, type Layer } from '../check.ts';
import type { Block, Span } from './document.ts';
import { type Draft, item, lead, nameOf, names, symptomNames, symptoms } from './draft.ts';
import { plural } from './format.ts';
import { changesBefore } from './near-changes.ts';
import type { DraftMonitor } from './rows.ts';
import {
  capitalized,
  derived,
  figure,
  join,
  length,
  question,
  reported,
  resting,
  type Said,
  share,
  time,
  words,
} from './say.ts';
import { beforeStart, changeKind, describeSymptom, LAYER_WORDS, PHASE_WORDS } from './symptom-words.ts';
import { whyThisLayer } from './why-layer.ts';

/** A change further away than this is not asked about as what set it off. */
const NEAR_SECONDS = 3_600;

/** Five whys: the first is answered from data, the others are put to the people who can know, in this incident's own facts. */
export function drawWhys(draft: Draft): Block[] {
  const first = lead(draft);
  if (!first) {
    return whysWithoutMonitor(draft);
  }
  return [
    item('root-cause.why-1', ...whyItFailed(draft, first)),
    item('root-cause.why-2', whyThisLayer(draft, first)),
    item('root-cause.why-3', whyThen(draft, first)),
    item('root-cause.why-4', whyHere(draft, first)),
    item('root-cause.why-5', whyPossible(draft, first)),
    ...triggerAndConditions(draft, first),
  ];
}

function whysWithoutMonitor({ ledger, rows }: Draft): Block[] {
  const start = ledger.get('start');
  if (rows.pattern) {
    const [name, failure] = [figure(ledger.get('patternMonitor')), figure(ledger.get('patternFailure'))];
    const [seen, failed] = [figure(ledger.get('patternCount')), figure(ledger.get('patternFailed'))];
    return [
      derived`Why 1: why did the checks of ${name} fail? ${failed} failed in ${seen} near-misses (${failure}); each time the next ones passed again.`,
      question`Why 2: what recurs between ${time(start)} and ${time(ledger.get('detectedAt'))}: a job, a restart, a limit that is reached, a busy neighbour?`,
      question`Why 3: why at ${time(start)} first? Changes on record in the 24 h before: ${figure(ledger.get('changesBeforeCount'))}; which of them touches it?`,
      question`Why 4: did users meet these ${failed} failures, and would confirming sooner have been right (a replay of these checks tells)?`,
      question`Why 5: which test, limit or fallback in the system is meant for this failure (${failure}), and what did it do each time?`,
    ].map((span, index) => item(`root-cause.why-${index + 1}`, span));
  }
  const asked = [
    question`Why 1: what failed at ${time(start)}, and how did that show? No monitor was down in this incident.`,
    question`Why 2: which component failed first from ${time(start)} on, and what do its logs say?`,
    question`Why 3: why at ${time(start)}? Changes on record in the 24 h before: ${figure(ledger.get('changesBeforeCount'))}; which of them touches it?`,
    question`Why 4: why did none of the monitors see it (watched in that time: ${figure(ledger.get('watchedCount'))})?`,
    question`Why 5: which test, limit or fallback in the system is meant for this failure, and what did it do at ${time(start)}?`,
  ];
  return asked.map((span, index) => item(`root-cause.why-${index + 1}`, span));
}

function failedLayers({ ledger }: Draft, { id, seen }: DraftMonitor): { layer: Layer; said: Said }[] {
  return LAYERS.filter((layer) => seen.layers.has(layer))
    .map((layer) => ({ layer, fact: ledger.get('layerFailed', `${id}/${layer}`) }))
    .sort((a, b) => Number(b.fact.value) - Number(a.fact.value))
    .map(({ layer, fact }) => ({ layer, said: share(fact, ledger.get('monitorFailed', id)) }));
}

function whyItFailed(draft: Draft, monitor: DraftMonitor): Span[] {
  const layers = failedLayers(draft, monitor);
  const name = nameOf(draft, monitor.id);
  const seen = symptoms(draft, monitor, describeSymptom);
  const [only] = layers;
  const at =
    only && layers.length === 1
      ? words`${only.said} failed checks stopped at ${LAYER_WORDS[only.layer]}`
      : words`failed checks by layer: ${join(layers.map(({ layer, said }) => words`${said} at ${LAYER_WORDS[layer]}`))}`;
  const answer = derived`Why 1: why did the checks of ${name} fail? ${capitalized(at)}: ${seen}.`;
  return [answer, ...phasesThatWorked(draft, monitor), ...placesThatSaw(draft, monitor), ...whatElseWorked(draft)];
}

/** `DNS, TCP connect and TLS still worked on 134 of 134.` What worked on fewer than half of them had mostly failed. */
function phasesThatWorked({ ledger }: Draft, { id, seen }: DraftMonitor): Span[] {
  const failed = ledger.get('monitorFailed', id);
  const done = (['dns', 'connect', 'tls'] as const).flatMap((phase) => {
    const fact = ledger.known('phaseCompleted', `${id}/${phase}`);
    return fact ? [{ phase: { text: PHASE_WORDS[phase], facts: [fact.id] }, fact }] : [];
  });
  const most = done.filter(({ fact }) => 2 * Number(fact.value) >= Number(failed.value));
  const byCount = [...Map.groupBy(most, ({ fact }) => fact.value).values()];
  const said = byCount.flatMap((group) => {
    const [first] = group;
    return first
      ? [
          words`${join(
            group.map(({ phase }) => phase),
            ', ',
            ' and ',
          )} on ${share(first.fact, failed)}`,
        ]
      : [];
  });
  if (said.length > 0) return [derived`What still worked on them: ${join(said, '; ')}.`];
  const dns = ledger.known('layerFailed', `${id}/dns`);
  if (dns && seen.layers.size === 1) return [derived`${resting('No request got past name resolution', dns)}.`];
  if (done.length > 0) return [];
  return [question`How far did the requests get? No phase timings are on record for these checks.`];
}

/** Where it was seen from, and where not. */
function placesThatSaw({ ledger }: Draft, { id }: DraftMonitor): Span[] {
  const [seen, all] = [ledger.get('locationFailedCount', id), ledger.get('locationCount', id)];
  const [failed, fine] = [ledger.known('locationsFailed', id), ledger.known('locationsFine', id)];
  if (Number(all.value) < 2 || !failed) return [];
  const meanwhile = fine ? words`; no check from ${figure(fine)} failed meanwhile` : words``;
  return [derived`It was seen from ${figure(failed)} (${share(seen, all)} locations)${meanwhile}.`];
}

function whatElseWorked(draft: Draft): Span[] {
  const { count, first } = draft.rows.notAffected;
  if (count === 0) return [];
  const shown = first.slice(0, 3).map(({ id }) => nameOf(draft, id));
  const all =
    count > shown.length ? words` (${figure(draft.ledger.get('notAffectedCount'))} monitors in all)` : words``;
  return [derived`Not affected meanwhile: ${join(shown)}${all}.`];
}

/** The change to ask about: the nearest one of a service that failed, or else the nearest. */
function whyThen(draft: Draft, monitor: DraftMonitor): Span {
  const { ledger, rows } = draft;
  const start = ledger.get('start');
  const before = changesBefore(draft);
  const own = before.find(({ id }) => ledger.number('changeAffectedCount', id) > 0);
  const near = own ?? before[0];
  const drift = ledger.known('leadUpFrom', monitor.id);
  if (near) {
    const [title, distance, kind] = [
      ledger.get('changeTitle', near.id),
      ledger.get('changeBeforeSeconds', near.id),
      changeKind(ledger.get('changeKind', near.id)),
    ];
    const service = ledger.known('changeService', near.id);
    const which = own ? 'to this service ' : '';
    const elsewhere = !own && service ? words` and is on service ${figure(service)}` : words``;
    const slower = drift ? words` Answers had become slower from ${time(drift)} on.` : words``;
    return question`Why 3: why at ${time(start)}?${slower} The nearest change on record ${which}is the ${kind} “${figure(title)}”, ${beforeStart(distance)}${elsewhere}: does any part of it touch what failed, and what speaks against a connection?`;
  }
  const none = resting('', ledger.get('changesBeforeCount'));
  if (drift) {
    return question`Why 3: why at ${time(start)}, with no change on record in the 24 h before${none}? Answers had become slower from ${time(drift)} on: which load, data or resource grew from then?`;
  }
  const again = rows.recurrence?.same.find(({ likeness }) => likeness.agrees.includes('hour'));
  const number = again && ledger.known('earlierNumber', again.id);
  if (number) {
    return question`Why 3: why at ${time(start)}, with no change on record in the 24 h before${none}? Incident ${figure(number)} began at the same hour of day: what runs at that hour?`;
  }
  return question`Why 3: why at ${time(start)}, with no change on record in the 24 h before${none}: what else was different then, such as traffic, data, a scheduled job, an expiry or a supplier?`;
}

function whyHere(draft: Draft, monitor: DraftMonitor): Span {
  const { ledger, rows } = draft;
  const name = nameOf(draft, monitor.id);
  if (ledger.number('flapCount') > 0) {
    return question`Why 4: why did ${names(draft, rows.monitors)} come back and fail again, ${figure(ledger.get('windowCount'))} windows of downtime in all: what brought the answers back, and what was still there each time?`;
  }
  const [failed, fineAt] = [ledger.known('locationsFailed', monitor.id), ledger.known('locationsFine', monitor.id)];
  if (failed && fineAt) {
    return question`Why 4: ${figure(failed)} saw ${name} fail and ${figure(fineAt)} did not: what differs on the way from there, such as a region, a network, a cache or a resolver?`;
  }
  const dependent = rows.monitors.find(({ config }) =>
    rows.monitors.some((other) => config.dependsOn.includes(other.config.key)),
  );
  const needed = rows.monitors.find(({ config }) => dependent?.config.dependsOn.includes(config.key));
  if (dependent && needed) {
    return question`Why 4: ${nameOf(draft, dependent.id)} depends on ${nameOf(draft, needed.id)}: which part of it has to fail when that is gone, and which part could go on?`;
  }
  if (rows.monitors.length > 1) {
    return question`Why 4: what do ${names(draft, rows.monitors)} share, that one failure reached ${figure(ledger.get('affectedCount'))} of ${figure(ledger.get('watchedCount'))} watched monitors?`;
  }
  const [fine] = rows.notAffected.first;
  if (fine) {
    return question`Why 4: ${nameOf(draft, fine.id)} was not affected. What does ${name} depend on that it does not?`;
  }
  return question`Why 4: what stands between one such fault and ${name} being down: is there a second instance, a fallback or a limit, and what did it do at ${time(ledger.get('start'))}?`;
}

/** What set it off, apart from what had been so for longer. */
function triggerAndConditions(draft: Draft, monitor: DraftMonitor): Block[] {
  const { ledger, rows } = draft;
  const start = ledger.get('start');
  const drift = ledger.known('leadUpFrom', monitor.id);
  const near = changesBefore(draft).find(({ id }) => ledger.number('changeBeforeSeconds', id) <= NEAR_SECONDS);
  const candidates = [
    ...(drift ? [words`what made answers slower from ${time(drift)} on`] : []),
    ...(near
      ? [
          words`the ${changeKind(ledger.get('changeKind', near.id))} ${beforeStart(ledger.get('changeBeforeSeconds', near.id))}`,
        ]
      : []),
  ];
  const trigger =
    candidates.length > 0
      ? question`Trigger: what set it off at ${time(start)}: ${join(candidates, ', ')}, or something that is not on record?`
      : question`Trigger: what set it off at ${time(start)}, with nothing on record in the hour before?`;
  const [latest] = rows.recurrence?.same ?? [];
  const number = latest && ledger.known('earlierNumber', latest.id);
  const down = length(ledger.get('downSeconds'));
  const since = number
    ? words`, and was it there in incident ${figure(number)} already`
    : words`, and since when has it been so`;
  return [
    item('root-cause.trigger', trigger),
    item(
      'root-cause.conditions',
      question`Conditions: what about the system let that become ${down} of ${symptomNames(draft, monitor, describeSymptom)}${since}?`,
    ),
  ];
}

function whyPossible(draft: Draft, monitor: DraftMonitor): Span {
  const { ledger, rows } = draft;
  const same = ledger.known('earlierSameCount');
  const [latest] = rows.recurrence?.same ?? [];
  const what = symptomNames(draft, monitor, describeSymptom);
  if (same && latest) {
    const number = figure(ledger.get('earlierNumber', latest.id));
    return question`Why 5: this signature is on record ${figure(same)} ${plural(Number(same.value), 'time')} in the 365 days before, last in incident ${number}: what in the system lets it come back, and which item from then is about that?`;
  }
  return question`Why 5: which test, limit or fallback in the system is meant for ${what} at ${nameOf(draft, monitor.id)}, and what did it do here?`;
}

/** What people or integrations said about the cause, as they said it. */
export function drawReportedCauses({ ledger, rows }: Draft): Block[] {
  return rows.entries
    .filter(({ kind }) => kind === 'cause_identified')
    .map(({ id, source }) => {
      const [at, text] = [ledger.get('entryAt', id), ledger.get('entryText', id)];
      return item(
        `root-cause.reported.${id}`,
        derived`Reported at ${time(at)} by ${source === 'person' ? 'a responder' : 'an integration'}, to be confirmed:`,
        reported`“${figure(text)}”`,
      );
    });
}
