import type { Level } from './finding.ts';

/** A kind of wording, and what to offer instead of it. Patterns are linear: bounded gaps, no nested repeats. */
export interface Phrase {
  rule: string;
  pattern: RegExp;
  offer(found: string): string;
}

/** Rules about wording that hold for any text. Those that block do so in machine text and in what a person publishes. */
export const WORDING: Record<string, { level: Level; message: string; fix: string }> = {
  'blame-person': {
    level: 'blocking',
    message: 'A person or a team is named as the cause',
    fix: 'Say what the system allowed, and what stood between the step and its effect.',
  },
  fault: {
    level: 'blocking',
    message: 'It speaks of fault',
    fix: 'Name the condition that was there, not who is at fault.',
  },
  'team-shaming': {
    level: 'blocking',
    message: 'It shames a team',
    fix: 'Say what did not exist: the alert, the test, the page in the runbook.',
  },
  hindsight: {
    level: 'warning',
    message: 'It judges with what is known only now',
    fix: 'Say what could be seen at that time; a wish belongs into the action items.',
  },
  obvious: {
    level: 'warning',
    message: 'It was not obvious then',
    fix: 'Leave the word out, or say which signal there was and when.',
  },
  normative: {
    level: 'warning',
    message: 'It judges without a measure',
    fix: 'Give the number and the target that it missed.',
  },
  animated: {
    level: 'warning',
    message: 'It is loud',
    fix: 'Say what happened, in figures.',
  },
  minimising: {
    level: 'warning',
    message: 'It makes the impact small',
    fix: 'Give the duration and the count, and let the reader weigh them.',
  },
  unknown: {
    level: 'blocking',
    message: 'What is not known is left vague',
    fix: 'Ask a question that somebody can answer: what, when, who could know it?',
  },
  'user-count': {
    level: 'blocking',
    message: 'A number of users that no monitor can see',
    fix: 'Say where the figure comes from (“from the access log: …”), or ask for it.',
  },
  leak: {
    level: 'blocking',
    message: 'It holds a token, an address of a person or a query string',
    fix: 'Take it out; the evidence keeps what is needed.',
  },
  markup: {
    level: 'blocking',
    message: 'It holds live markup',
    fix: 'Write plain text, or put it into `code`.',
  },
};

const re = (source: string, flags = 'iu') => new RegExp(source, flags);
/** A word as it stands in a sentence: not a part of another, nor of `read-only`. */
const word = (source: string) => re(`(?<![\\p{L}\\p{N}_-])(?:${source})(?![\\p{L}\\p{N}_]|-\\p{L})`);

const PERSON =
  'engineers?|operators?|developers?|admins?|administrators?|devs?|interns?|contractors?|someone|somebody|colleagues?|employees?|staff|he|she|the on-?call(?: engineer| person)?|the (?:\\p{L}+ ){0,2}team';
const BROKE =
  'broke|took down|took out|brought down|crashed|caused|deleted|destroyed|wiped|misconfigured|mistyped|messed up|screwed up';

const quote = (found: string) => `“${found.trim()}”`;

export const PHRASES: Phrase[] = [
  {
    rule: 'blame-person',
    pattern: word('(?:human|operator|user|pilot|manual) errors?|fat[- ]?finger(?:ed|s)?|typos? by|PEBKAC'),
    offer: () =>
      'What the system allowed: “a value outside … was accepted, and nothing checked it before it took effect”.',
  },
  {
    rule: 'blame-person',
    pattern: word(`(?:an? |the )?(?:${PERSON}) (?:\\p{L}+ly |accidentally |by mistake )?(?:${BROKE})`),
    offer: (found) =>
      `Instead of ${quote(found)}: “the change reached production without a step that would have shown its effect”.`,
  },
  {
    rule: 'fault',
    pattern: word(
      'faults? of|at fault|(?:his|her|their|my|your|our) faults?|to blame|blam(?:e|es|ed|ing)|culprits?|mistakes? by|(?:his|her|their) mistakes?|violat(?:e|es|ed|ing)|violations? of|careless(?:ly|ness)?|negligen(?:t|ce|tly)|slopp(?:y|ily|iness)|incompeten(?:t|ce)|guilty|reckless(?:ly)?',
    ),
    offer: (found) => `Instead of ${quote(found)}: name the condition (“the limit was … and nothing raised it”).`,
  },
  {
    rule: 'team-shaming',
    pattern: word(
      "the (?:\\p{L}+ ){0,2}team (?:has |had )?(?:failed|forgot(?:ten)?|ignored|neglected|missed|overlooked|did ?n[o’']t bother|never bothered)|nobody bothered|no one bothered|nobody (?:cared|checked|noticed|looked)|no one (?:cared|checked|noticed|looked)",
    ),
    offer: () => 'What did not exist: “there was no alert for …”, “no step of the runbook asked for …”.',
  },
  {
    rule: 'hindsight',
    pattern: word(
      "should(?: not|n[’']t)? (?:really |also |never )?have|could have|would have prevented|would(?: not|n[’']t) have happened|if only|ought to have|(?:was|were) supposed to",
    ),
    offer: (found) =>
      `Instead of ${quote(found)}: what was visible at that time (“at … the dashboard showed …”); the wish goes into an action item.`,
  },
  {
    rule: 'hindsight',
    pattern: word(
      `(?:${PERSON}|we|they|nobody|no one) (?:\\p{L}+ )?(?:failed to|neglected to|forgot to|omitted to|overlooked)|neglected|forgot to|failed to (?:notice|see|realis?ze|realise|act|react|respond|check|escalate|communicate|follow|tell|test)`,
    ),
    offer: () => 'What was visible at that time: “the alert said …; the step … was not on the list”.',
  },
  {
    rule: 'obvious',
    pattern: word(
      'obvious(?:ly)?|clearly|of course|simply|easily|trivial(?:ly)?|it is clear that|everyone knows|as everybody knows',
    ),
    offer: (found) => `Leave ${quote(found)} out, or name the signal and the time at which it could be seen.`,
  },
  {
    rule: 'normative',
    pattern: word(
      'inadequate(?:ly)?|improper(?:ly)?|poor(?:ly)?|unacceptabl[ey]|insufficient(?:ly)?|too (?:slow(?:ly)?|late|long)|(?:much|far) too \\p{L}+|badly|terribl[ey]|lousy|subpar|unreasonabl[ey]',
    ),
    offer: (found) => `Instead of ${quote(found)}: the number and the target (“12 min, target 5 min”).`,
  },
  { rule: 'animated', pattern: /!(?!=)/u, offer: () => 'End the sentence with a full stop.' },
  {
    rule: 'animated',
    pattern: word(
      'disaster(?:s|ous)?|nightmares?|catastroph(?:e|es|ic|ically)|heroic(?:ally)?|hero(?:es)?|horrible|horribly|chaos|chaotic|meltdown|insane(?:ly)?|crazy|massive(?:ly)?|epic',
    ),
    offer: (found) => `Instead of ${quote(found)}: what failed, for how long, on how many checks.`,
  },
  {
    rule: 'minimising',
    pattern: word(
      'minor (?:hiccup|glitch|blip|issue|incident|outage|impact)s?|hiccups?|(?:small|brief|little|slight) (?:hiccup|glitch|blip|issue)s?|no (?:\\p{L}+ )?impact|(?:only|just) (?:a |an )?(?:few|brief(?:ly)?|short(?:ly)?|small|minor|some|\\d+ ?(?:s|sec(?:ond)?s?|min(?:ute)?s?|users?|customers?|requests?|checks?|%))|barely|negligible|luckily|fortunately',
    ),
    offer: (found) => `Instead of ${quote(found)}: the duration and the count (“4 min 20 s; 34 of 40 checks failed”).`,
  },
  {
    rule: 'unknown',
    pattern: word(
      'TBD|TBA|TBC|to be determined|to be announced|N/A|not available at this time|no data(?: is)? available|unknown at this time|some (?:users|customers|people|clients|requests|degree)|(?:a )?number of (?:users|customers)|(?:may|might) have|for some (?:time|reason)|various|and so on|etc|\\?\\?\\?+|lorem ipsum|a while|at some point',
    ),
    offer: (found) =>
      `Instead of ${quote(found)}: a question that somebody can answer (“how many sign-ins failed between … and …, by the access log?”).`,
  },
];

/** `12,000 users`, `a third of all customers`: unless the sentence says where it is from. */
export const USER_COUNT =
  /(?<![\p{L}\p{N}])(?:\d[\d., {2}]{0,12}\d|\d|one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|half|a third|a quarter|most|all|many|\d+ ?%)(?: (?:k|m|million|thousand|hundred))?(?: of)?(?: (?:our|the|all|their))?(?: [\p{L}-]{1,20})? (?:users|customers|people|visitors|shoppers|clients|accounts|subscribers|sign-ins|orders)(?![\p{L}\p{N}])/iu;
/** Words by which a figure is sourced. */
export const SOURCED =
  /(?:according to|counted (?:in|by|from)|(?:from|by|in) (?:the|our) [\p{L} -]{1,40}?(?:logs?|analytics|dashboard|metrics?|statistics|tracker|tickets?|database|billing|reports?)|per the|source:|as (?:reported|stated|told) by|states? (?:as )?its impact|the owner states)/iu;

export const LEAKS: RegExp[] = [
  /\b[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}\b/i,
  /\b(?:hc|sk|pk|ghp|gho|ghs|glpat|xox[abpr]|whsec|AKIA|eyJ)[_-]?[A-Za-z0-9_-]{14,}/,
  /\bBearer [A-Za-z0-9._~+/=-]{8,}/i,
  /\b(?:password|passwd|secret|token|api[_-]?key)\s{0,3}[=:]\s{0,3}[^\s,;]{4,}/i,
  /https?:\/\/[^\s?]{1,500}\?[^\s]+/i,
  /https?:\/\/[^\s/@:]{1,100}:[^\s/@]{1,100}@/i,
];

export const MARKUP =
  /<\/?(?:script|style|iframe|img|svg|object|embed|link|meta|form|input|a|b|i|u|p|div|span|h[1-6]|table|video|audio|body|html)\b[^>]{0,300}>|\bjavascript:|\bon(?:error|load|click|mouseover)\s?=|!\[[^\]]{0,100}\]\(/i;

/** Words that name a cause. */
export const CAUSE = word(
  'caused|causes|causing|due to|because(?: of)?|led to|leads to|root causes?|triggered by|resulted (?:in|from)|owing to|as a (?:result|consequence) of|brought about|the reason (?:was|is)|stemmed from',
);
