import { LAYERS, type Layer } from '../check.ts';
import { hostOf } from '../monitor.ts';
import { captured } from './captured.ts';
import type { Block } from './document.ts';
import { type Draft, item, lead, nameOf, names, symptomNames, symptoms } from './draft.ts';
import { plural } from './format.ts';
import type { DraftMonitor } from './rows.ts';
import { derived, figure, join, length, question, reported, type Said, share, time, words } from './say.ts';
import { describeSymptom, LAYER_WORDS, PHASE_WORDS } from './symptom-words.ts';

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

function whyItFailed(draft: Draft, monitor: DraftMonitor) {
  const { ledger } = draft;
  const layers = failedLayers(draft, monitor);
  const at = join(layers.map(({ layer, said }) => words`${said} at ${LAYER_WORDS[layer]}`));
  const failed = ledger.get('monitorFailed', monitor.id);
  const worked = (['dns', 'connect', 'tls'] as const).flatMap((phase) => {
    const fact = ledger.known('phaseCompleted', `${monitor.id}/${phase}`);
    return fact ? [words`${PHASE_WORDS[phase]} on ${share(fact, failed)}`] : [];
  });
  const answer = derived`Why 1: why did the checks of ${nameOf(draft, monitor.id)} fail? Failed checks by layer: ${at}. Symptoms: ${symptoms(draft, monitor, describeSymptom)}.`;
  const still =
    worked.length > 0
      ? derived`What still worked on them: ${join(worked)}.`
      : question`How far did the requests get? No completed phase is on record for these checks.`;
  return [answer, still];
}

function whyThisLayer(draft: Draft, monitor: DraftMonitor) {
  const { ledger, frame } = draft;
  const start = ledger.get('start');
  const until = ledger.known('end') ?? ledger.known('asOf');
  const range = until ? words`from ${time(start)} to ${time(until)}` : words`from ${time(start)} on`;
  const name = nameOf(draft, monitor.id);
  const host = { text: captured(hostOf(monitor.config.url)), facts: [ledger.get('monitorName', monitor.id).id] };
  const what = symptomNames(draft, monitor, describeSymptom);
  const did = frame.open ? 'is' : 'was';
  switch (failedLayers(draft, monitor)[0]?.layer) {
    case 'dns':
      return question`Why 2: which record or name server for ${host} did not answer as before ${range}, and what do its logs show for ${time(start)}?`;
    case 'connect':
      return question`Why 2: what ${did} listening on ${host} ${range}: ${did} the process running, reachable, and within its limits?`;
    case 'tls':
      return question`Why 2: which certificate did ${host} present ${range}, and what is meant to replace it before that state is reached?`;
    case 'content':
      return question`Why 2: which part of ${name} wrote the answer that did not meet the expectation (${what}), and from which data?`;
    case 'limit':
    case 'policy':
      return question`Why 2: which limit was passed (${what}), and what in ${name} used it up ${range}?`;
    default:
      if (isTimeout(monitor)) {
        return question`Why 2: what was ${name} waiting for ${range}, when no answer came in time, and what do its logs say at ${time(start)}?`;
      }
      return question`Why 2: which component behind ${name} gave these answers ${range} (${what}), and what do its logs say at ${time(start)}?`;
  }
}

function isTimeout({ seen }: DraftMonitor): boolean {
  const [most] = [...seen.symptoms.values()].toSorted((a, b) => b.tally.count - a.tally.count);
  return most?.failure.endsWith('-timeout') ?? false;
}

function whyThen({ ledger, rows }: Draft, monitor: DraftMonitor) {
  const start = ledger.get('start');
  const near = rows.changes.findLast(({ id }) => ledger.known('changeBeforeSeconds', id));
  const drift = ledger.known('leadUpFrom', monitor.id);
  if (near) {
    const [title, before, kind] = [
      ledger.get('changeTitle', near.id),
      ledger.get('changeBeforeSeconds', near.id),
      ledger.get('changeKind', near.id),
    ];
    return question`Why 3: why at ${time(start)}? The nearest change on record is the ${figure(kind)} “${figure(title)}”, ${length(before)} before: which part of it touches what failed, and what speaks against a connection?`;
  }
  if (drift) {
    return question`Why 3: why at ${time(start)}? Response times had drifted from ${time(drift)} on: which load, data or resource grew from then?`;
  }
  const none = { text: '', facts: [ledger.get('changesBeforeCount').id] };
  return question`Why 3: why at ${time(start)}, with no change on record in the 24 h before${none}: what else was different then, such as traffic, data, a scheduled job, an expiry or a supplier?`;
}

function whyHere(draft: Draft, monitor: DraftMonitor) {
  const { ledger, rows } = draft;
  const name = nameOf(draft, monitor.id);
  if (ledger.number('flapCount') > 0) {
    return question`Why 4: why did ${names(draft, rows.monitors)} come back and fail again, ${figure(ledger.get('windowCount'))} windows of downtime in all: what brought the answers back, and what was still there each time?`;
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

function whyPossible(draft: Draft, monitor: DraftMonitor) {
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
