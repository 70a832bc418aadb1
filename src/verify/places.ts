import type { Fact } from '#src/domain/postmortem/facts.ts';
import { formsOf, type Part } from './tokens.ts';

const FIGURE =
  '(\\d{4}-\\d\\d-\\d\\d|\\d\\d:\\d\\d:\\d\\d|\\d+(?:\\.\\d+)? (?:days?|h|min|ms|s)\\b(?: \\d+ (?:h|min|s)\\b)*|\\d+(?:\\.\\d+)?(?![\\d:]))';
const SLOT = /\{([^{}]+)\}/g;

/**
 * The places of figures in sentences: what a figure says depends on the words around it, and there it must be that of
 * the fact that these words speak of, whatever other facts the sentence cites. `{name}` is a place: names of facts that
 * may stand in it, each with `.min` or `.max` for a bound and `@subject` for the end of its subject.
 */
const PLACES = [
  // Actions: what is proposed, what was measured, when it is done.
  'Shorten the check interval of [^.;]*?from {intervalSeconds} to {proposedIntervalSeconds}',
  'from the start to detection up to {detectSeconds.max|detectSeconds}',
  '{detectSeconds} from the start to detection',
  'has an interval of at most {proposedIntervalSeconds} and',
  'replaying this incident detects it within {proposedSeconds@detect}',
  'fail briefly {patternCount} times',
  '{patternFailed} failed checks within {detectSeconds|spanSeconds}, none confirmed',
  '{spanSeconds} of incident without a monitor that was down',
  'a channel that reaches a person within {proposedSeconds@alert}',
  'a failed delivery is made up for within {proposedSeconds@alert}',
  '{alertSeconds|unalertedSeconds} after detection (?:with|until)',
  'with {channelCount} channels for people connected',
  'to a second role after {proposedSeconds@acknowledge} without acknowledgment',
  'a second step that reaches a person at most {proposedSeconds@acknowledge} after',
  '{acknowledgeSeconds} after the first delivered alert until',
  '{unacknowledgedSeconds} after the first delivered alert without',
  'that can be sent within {proposedSeconds@statusUpdate} of the start',
  'has a status update on its timeline within {proposedSeconds@statusUpdate}',
  '{statusUpdateSeconds} from the start to the first public word',
  '{spanSeconds} without a public word on record',
  'into a runbook that takes at most {proposedSeconds@cause}',
  '{causeSeconds} from the acknowledgment to the cause',
  'names the failing component within {proposedSeconds@cause}',
  'so that it runs within {proposedSeconds@fix} of the decision',
  '{fixSeconds} from the cause being reported to the fix',
  'a rehearsal applies it to +within {proposedSeconds@fix}',
  'takes to serve again after a fix to {proposedSeconds@restore}',
  '{restoreSeconds} from the fix to the first check that passed',
  'within {proposedSeconds@restore} of the fix',
  'Document one way to restore +within {proposedSeconds@recover} when',
  '{recoverSeconds} from detection to recovery',
  'within {proposedSeconds@recover} of detection',
  '{unobservedSeconds} of the incident went unobserved',
  'that restarts it within {intervalSeconds}, the check interval',
  'leaves at most {intervalSeconds} (?:without a check|unobserved)',
  // Header and summary.
  '{dueSeconds} after recovery',
  '{unobservedSeconds} of it unobserved',
  'for {monitorDownSeconds}(?: so far)?, as its owner',
  "{usersAffected} users(?: \\([^)]*\\))? at the owner's figure of {usersPerMinute} per minute",
  'failed briefly {patternCount|missCount} times from {start|missFirstAt} UTC on {start|missFirstAt}(?: to {end|missLastAt} UTC)?(?: on {end|missLastAt})?',
  'failed briefly at {missFirstAt} UTC on {missFirstAt}',
  '{missFailed} failed checks?, passing again after at most {missLongestSeconds},',
  'it was confirmed: {patternFailed} failed checks in all',
  'down(?: on and off)? on {start} from {start}(?:, its first check on record,)? to {end} UTC',
  'down(?: on and off)? from {start} UTC on {start}(?:, followed until {stoppedFollowingAt} UTC| to {end} UTC on {end})?',
  'failing checks since {start} UTC on {start}',
  'as of {asOf} UTC',
  'of downtime in {windowCount} windows?',
  '{windowCount} windows of downtime in',
  '{unobservedSeconds} of the span of {spanSeconds} went unobserved',
  '{monitorFailed|windowFailed} of {monitorChecks|windowChecks} checks failed,',
  'from check to check \\({runCount} runs\\)',
  '{locationFailedCount} of {locationCount} locations',
  '{affectedCount} of {watchedCount} watched',
  '{notAffectedCount} others, among',
  '(?:users|met this)[^?]* between {start}(?: on {start})? and {end|asOf}(?: on {end|asOf})? UTC',
  // Timeline.
  'on record here since {recordedAt} {recordedAt} UTC',
  'the median of {baselineChecks} passing checks was {baselineMs}',
  'First drift in response time, {leadUpSeconds} before',
  'the last {leadUpChecks} passing checks took {leadUpMedianMs}',
  'took {leadUpMedianMs} \\(median\\) against a baseline of {leadUpBaselineMs}',
  'most of it in [^(]*\\({leadUpPhaseMs} against {leadUpPhaseBaselineMs}\\)',
  'the failure was confirmed, {detectConfirmSeconds|detectSeconds} after',
  'passed, the last of {affectedCount} monitors',
  'recovery confirmed at {windowResolvedAt}',
  '{symptomFailed|windowFailed} of {symptomChecks|windowChecks} checks(?=\\.$)',
  'down again for {windowDownSeconds}',
  '{alertFailedAttempts} attempts? failed',
  'delivered to [^.;]*on attempt {alertAttempts}',
  '{nearMissFailed|patternMissFailed} failed checks?(?: \\([^)]*\\), over|, passing again after {patternMissSeconds},)',
  'the first {slowAfterChecks} checks? after recovery',
  'the next one, at {slowAfterUntil},',
  'Recorded at {entryRecordedAt}, {entryLateSeconds} later',
  'Public update, {entryDelaySeconds} after the start',
  'Measured then: {downAtUpdate} of {affectedCount} affected',
  'while {downAtUpdate} of {affectedCount} affected',
  'the fix is reported for {fixAppliedAt|entryAt}, the checks passed again from {end}',
  'acknowledged at {acknowledgedAt|entryAt}, before the first alert was delivered at {alertedAt|alertDeliveredAt}',
  'declared resolved at {entryAt|resolvedAt}, the checks passed again from {end}',
  'for {entryAt|fixAppliedAt|causeIdentifiedAt}, the first failed check is from {start}',
  '{changeToEndSeconds} before the recovery',
  '(?:when after|told after) {alertedAt|detectedAt|start}',
  'was looked at between {alertedAt|detectedAt}(?: on {alertedAt|detectedAt})? and (?:the recovery at {end}|now)',
  'the recovery at {end}',
  // Gaps between the moments.
  '^{confirmFailures} failed checks, {retrySeconds} apart',
  '^(?!\\d\\d:){detectWaitSeconds.min} to {detectWaitSeconds.max}$',
  '^interval {intervalSeconds}$',
  '^{serviceMedianSeconds} \\({serviceMedianCount} incidents?\\)$',
  // Contributing factors.
  '{layerFailed@dns} of {monitorFailed} at name resolution',
  '{layerFailed@connect} of {monitorFailed} at the connection',
  '{layerFailed@tls} of {monitorFailed} at the TLS handshake',
  '{layerFailed@http} of {monitorFailed} at the HTTP answer',
  '{layerFailed@content} of {monitorFailed} at the content',
  '{layerFailed@limit} of {monitorFailed} at a limit',
  '{layerFailed} of {monitorFailed} failed checks stopped at',
  '{patternFailed} failed in {patternCount} near-misses',
  'DNS on {phaseCompleted@dns} of {monitorFailed}',
  'TCP connect on {phaseCompleted@connect} of {monitorFailed}',
  '(?:, | and )TLS on {phaseCompleted@tls} of {monitorFailed}',
  '\\({notAffectedCount} monitors in all\\)',
  'Why 2: [^?]* from {start}(?: on {start})? to {end|asOf}(?: on {end|asOf})?(?: \\(|,|:|\\?)',
  'Why 2: [^?]*(?:say|show|ended it) at {start}\\?',
  'recurs between {start} and {detectedAt}',
  'why at {start}\\b',
  'slower from {leadUpFrom} on',
  'on record in the 24 h before: {changesBeforeCount}',
  '{changesBeforeCount} changes are on record',
  'Incident {earlierNumber} began at the same hour',
  'these {patternFailed} failures',
  'one failure reached {affectedCount} of {watchedCount}',
  'watched in that time: {watchedCount}',
  'did it do at {start}\\?',
  'is on record {earlierSameCount} times? in',
  'last in incident {earlierNumber}:',
  'set it off at {start}\\b',
  'that become {downSeconds} of',
  'was it there in incident {earlierNumber} already',
  'Reported at {entryAt} by',
  '(?!24 h ){changeBeforeSeconds|nearMissSeconds} before the start',
  '{changeAffectedCount} of {affectedCount} affected monitors? (?:is|are) of its service',
  '{changeSparedCount} monitors? of its service (?:was|were) not affected',
  'Base rate: {changeBaseFollowed} of the last {changeBaseTotal}',
  'for the last {leadUpSeconds} \\(',
  '{leadUpSpoke} of {leadUpTried} stretches',
  '{nearMissCount} near-miss(?:es)? in the hour before',
  'in the hour before, (?:the last one )?{nearMissSeconds} before the start',
  'none visible in the {baselineChecks} passing checks',
  'Earlier incidents: {earlierCount} incidents?',
  '365 days before, {earlierSameCount} with the signature',
  '^Incident {earlierNumber}, {earlierStart}, {earlierDays|earlierSeconds} before',
  'behind incident {earlierNumber},',
  'after incident {earlierNumber}\\b',
  'open for {earlierOpenDays}(?:, {earlierOpenLateDays} late)?',
  'still open: {earlierOpenCount}',
  // What went well, and what did not.
  'Detected {detectSeconds}(?:, at most {detectSeconds.max})? after the start; target {targetDetectSeconds}',
  'limited by an interval of {intervalSeconds} and {confirmFailures} failed checks {retrySeconds} apart',
  'Acknowledged {acknowledgeSeconds} after the first delivered alert; target {targetAcknowledgeSeconds}',
  'recorded in the {unacknowledgedSeconds} after the first delivered alert; target {targetAcknowledgeSeconds}',
  'First public word {statusUpdateSeconds} after the start; target {targetStatusUpdateSeconds}',
  'recorded for an incident of {spanSeconds}; target {targetStatusUpdateSeconds}',
  'reached a person in the {unalertedSeconds} after detection; channels for people: {channelCount},',
  '{deliveredCount} of {alertCount} alerts to people delivered',
  'the first {alertSeconds} after detection(?:; built-in target {proposedSeconds@alert})?',
  '{alertFailedAttempts} of {alertAttempts} delivery attempts?',
  '{unknownChecks} checks? of +could not be made',
  '{checkGapSeconds} passed without a check that counts',
  '{flapCount} times? a confirmed recovery did not hold',
  'was recorded {entryLateSeconds} after what',
  'The incident spans {spanSeconds}; the median of {serviceMedianCount@span} earlier incidents? of this service is {serviceMedianSeconds@span}',
  'the fix of {fixAppliedAt} by chance',
  'at night instead of at {start}',
  'it passed again at {end} without',
  'lucky: the hour \\({start} UTC\\)',
].map(placeOf);

interface Place {
  /** A word without which the pattern cannot match: most places are ruled out by it. */
  word: string;
  pattern: RegExp;
  /** What may stand in each of its groups. */
  slots: { name: string; part: Part; subject: string | undefined }[][];
}

function placeOf(phrase: string): Place {
  const slots = [...phrase.matchAll(SLOT)].map(([, names = '']) =>
    names.split('|').map((each) => {
      const [, name = '', part = 'value', subject] = /^(\w+)(?:\.(min|max))?(?:@(\w+))?$/.exec(each) ?? [];
      return { name, part: part as Part, subject };
    }),
  );
  const words = phrase.replaceAll(/ (?!\+)/g, ' +').replaceAll(SLOT, `(?<![\\d.:-])${FIGURE}`);
  const fixed = phrase.replaceAll(/\(\?.*?\)\??|\[.*?\][*?]?|\w\?|\\./g, ' ').replaceAll(SLOT, ' ');
  const [word = ''] = fixed.split(/[^A-Za-z]+/).sort((a, b) => b.length - a.length);
  return { word, pattern: new RegExp(words, 'g'), slots };
}

/** Figures that stand where the words around them speak of another fact. */
export function displaced(plain: string, facts: readonly Fact[]): string[] {
  if (!/\d/.test(plain)) return [];
  return PLACES.filter(({ word }) => plain.includes(word)).flatMap(({ pattern, slots }) =>
    [...plain.matchAll(pattern)].flatMap(([, ...figures]) =>
      figures.flatMap((figure, i) => {
        const allowed = slots[i] ?? [];
        const holds = figure === undefined || allowed.some((slot) => facts.some((fact) => stands(fact, slot, figure)));
        return holds ? [] : [`${figure} stands at the place of ${allowed.map(({ name }) => name).join(' or ')}`];
      }),
    ),
  );
}

function stands(fact: Fact, { name, part, subject }: Place['slots'][number][number], figure: string): boolean {
  const isAbout = subject === undefined || fact.about === subject || fact.about?.endsWith(`/${subject}`) === true;
  return fact.name === name && isAbout && formsOf(fact, part).some(({ text }) => text === figure);
}
