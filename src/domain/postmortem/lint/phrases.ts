import type { Level } from './finding.ts';
import { ANYONE, NAME, PERSON, TEAM } from './people-words.ts';

/** A kind of wording, and what to offer instead of it. Patterns are linear: bounded gaps, no nested repeats. */
export interface Phrase {
  rule: string;
  pattern: RegExp;
  offer(found: string): string;
  /** Beside these words it is no finding: tested on what stands up to 40 characters before and after. */
  unless?: RegExp;
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

const BROKE =
  'broke|has broken|brought down|took down|took out|knocked (?:out|over|down)|crashed (?:the|our|a|an|all|both|every)|caused|destroyed|wiped|misconfigured|mistyped|messed up|screwed up|botched|ruined|blew up|fat-fingered';
/** `took checkout down`. */
const APART = '(?:took|brought|knocked) (?:[\\p{L}\\p{N}·-]{1,40} ){1,4}(?:down|out|over|offline)';

const quote = (found: string) => `“${found.trim()}”`;

export const PHRASES: Phrase[] = [
  {
    rule: 'blame-person',
    pattern: word(
      '(?:human|operator|user|pilot|manual|engineer|administrator|admin) (?:errors?|mistakes?|failure)|fat[- ]?finger(?:ed|s|ing)?|finger trouble|PEBKAC',
    ),
    unless: /\b(?:error (?:page|message|code|rate|log|handler|budget)|errors? (?:per|in the log))/iu,
    offer: (found) =>
      `Instead of ${quote(found)}, what the system allowed: “a value outside … was accepted, and nothing checked it before it took effect”.`,
  },
  {
    rule: 'blame-person',
    pattern: word(`(?:typos?|slips?|oversights?|carelessness) (?:made )?(?:by|of) (?:${ANYONE}|\\p{L}{1,30})`),
    offer: (found) =>
      `Instead of ${quote(found)}, what the system allowed: “the name … was accepted, and no step compared it with what exists”.`,
  },
  {
    rule: 'blame-person',
    pattern: word(`${ANYONE} (?:\\p{L}{1,20}ly |by mistake |by accident )?(?:${BROKE})`),
    offer: (found) =>
      `Instead of ${quote(found)}, what the system allowed: “a change reached production without a step that would have shown its effect”.`,
  },
  {
    rule: 'blame-person',
    pattern: word(`${ANYONE} (?:\\p{L}{1,20}ly )?${APART}`),
    offer: (found) =>
      `Instead of ${quote(found)}, what the system allowed: “a change reached production without a step that would have shown its effect”.`,
  },
  {
    rule: 'blame-person',
    pattern: word(
      `${ANYONE} (?:(?:accidentally|mistakenly|wrongly|incorrectly|erroneously|inadvertently|carelessly) \\p{L}{2,20}|(?:[\\p{L}\\p{N}·-]{1,30} ){1,5}by (?:mistake|accident))`,
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, what the system allowed: “the step … ran without asking, and nothing undid it within …”.`,
  },
  {
    rule: 'blame-person',
    pattern: word(
      `${NAME}(?:'s|s') (?:\\p{L}{1,20} ){0,2}(?:change|changes|commit|deploy|release|script|command|code|config|configuration|error|mistake|typo)`,
    ),
    offer: (found) => `Instead of ${quote(found)}, the change without its author: “release … at 14:20”.`,
  },
  {
    rule: 'fault',
    pattern: word(
      "(?:his|her|their|my|your|our|whose|(?:\\p{L}{1,30}(?:'s|s'))) faults?|at fault|to blame|blam(?:e|es|ed|ing)|culprits?|mistakes? (?:made )?by|(?:his|her|their|our|my) (?:own )?mistakes?|careless(?:ly|ness)?|negligen(?:t|ce|tly)|slopp(?:y|ily|iness)|incompeten(?:t|ce)|guilty|reckless(?:ly|ness)?|irresponsibl[ey]|stupid(?:ly|ity)?",
    ),
    unless: /\bgit blame\b|\bblame view\b/iu,
    offer: (found) =>
      `Instead of ${quote(found)}, the condition: “the limit was …, and nothing raised it or warned before it was reached”.`,
  },
  {
    rule: 'fault',
    pattern: word(
      `faults? (?:of|by|lies with|was with) (?:${ANYONE}|(?:the |our )?(?:\\p{L}{1,30} )?(?:vendor|supplier|provider|customer|client|company|management|partner))`,
    ),
    offer: (found) => `Instead of ${quote(found)}, the condition: “… depended on … alone, without a fallback”.`,
  },
  {
    rule: 'fault',
    pattern: word(
      `(?:${ANYONE} (?:\\p{L}{1,20}ly )?violat(?:ed|es)|violat(?:e|es|ed|ing|ions? of) (?:the |our |a |an )?(?:\\p{L}{1,20} )?(?:polic(?:y|ies)|process(?:es)?|procedures?|rules?|protocols?|guidelines?|runbooks?|checklists?))`,
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, the condition: “the step was possible without …, which the policy asks for”.`,
  },
  {
    rule: 'team-shaming',
    pattern: word(
      `${TEAM} (?:\\p{L}{1,20}ly )?(?:ha(?:s|d|ve) )?(?:failed|forgot(?:ten)?|ignored|neglected|missed|overlooked|dropped the ball|(?:did ?n[o']t|did not|never) (?:bother|care|look|react|respond|test|check|notice)\\p{L}{0,3})(?! (?:[\\p{L}\\p{N}·'-]{1,30} ){0,4}(?:over|back)(?![\\p{L}]))`,
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, what did not exist: “there was no alert for …”, “no step of the runbook asks for …”.`,
  },
  {
    rule: 'team-shaming',
    pattern: word(
      '(?:nobody|no[ -]one|none of (?:us|them)) (?:even )?(?:bothered|cared|checked|noticed|looked|reacted|tested|thought of)',
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, what did not exist: “there was no alert for …”, “no step of the runbook asks for …”.`,
  },
  {
    rule: 'hindsight',
    pattern: word(
      "should(?: not|n't|'ve)? (?:really |also |never |not )?have|should(?:n't)?'ve|shoulda|could(?: not|n't)? (?:\\p{L}{1,20} )?have|could(?:n't)?'ve|would(?: not|n't)? (?:\\p{L}{1,20} )?have (?:prevented|avoided|caught|helped|stopped|happened|been (?:prevented|avoided|caught|noticed))|would(?:n't)?'ve|ought to have|(?:was|were) supposed to",
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, what was visible at that time: “at … the dashboard showed …”; the wish goes into an action item.`,
  },
  {
    rule: 'hindsight',
    pattern: word("if only (?:[\\p{L}\\p{N}·'-]{1,40} ){1,6}had"),
    offer: (found) =>
      `Instead of ${quote(found)}, what was there: “at that time … showed …”; the wish goes into an action item.`,
  },
  {
    rule: 'hindsight',
    pattern: word(
      `(?:${PERSON}|I|we|they|nobody|no[ -]one) (?:\\p{L}{1,20} )?(?:failed to|neglected|forgot|omitted to|overlooked)|neglected|forgot to|failed to (?:notice|see|realis?ze|realise|act|react|respond|escalate|communicate|tell)|(?:missed|ignored|overlooked) (?:the |all |several |these )?(?:warnings?|signs?|signals?|alerts?)|in (?:hindsight|retrospect)|with hindsight|looking back`,
    ),
    offer: (found) =>
      `Instead of ${quote(found)}, what was visible at that time: “the alert said …; the step … was not on the list”.`,
  },
  {
    rule: 'obvious',
    pattern: word(
      'obvious(?:ly)?|clearly|of course|simply|easily|trivial(?:ly)?|needless to say|common sense|everyone knows|as everybody knows|anyone could see',
    ),
    offer: (found) => `Leave ${quote(found)} out, or name the signal and the time at which it could be seen.`,
  },
  {
    rule: 'normative',
    pattern: word(
      'inadequate(?:ly)?|improper(?:ly)?|poor(?:ly)?|unacceptabl[ey]|insufficient(?:ly)? (?:test|monitor|review|train|document|alert|process|care)\\p{L}{0,6}|(?:much |far |way )?too (?:slow(?:ly)?|late|long)|(?:much|far|way) too \\p{L}{2,20}|badly|terribl[ey]|lousy|sub-?par|unreasonabl[ey]|bad (?:practice|idea|design|code|process|decision)s?',
    ),
    offer: (found) => `Instead of ${quote(found)}, the number and the target: “12 min, target 5 min”.`,
  },
  {
    rule: 'animated',
    pattern: /(?<=[\p{L}\p{N})”"'])\s?!{1,200}(?![=\p{L}\p{N}[(])/u,
    offer: () => 'End the sentence with a full stop.',
  },
  {
    rule: 'animated',
    pattern: word(
      'disasters?|disastrous(?:ly)?|nightmares?|nightmarish|catastroph(?:e|es|ic|ically)|heroic(?:s|ally)?|(?:our|the|a|real|true) hero(?:es)?|saved the day|horrible|horribly|horrific|insane(?:ly)?|crazy|hell|epic (?:fail|failure|outage|effort)|massive(?:ly)? (?:outage|failure|impact|disruption|problem|effort)',
    ),
    unless: /\bdisaster[ -]recovery\b|\bhero (?:image|banner|section|unit)/iu,
    offer: (found) => `Instead of ${quote(found)}, what failed, for how long, on how many checks.`,
  },
  {
    rule: 'animated',
    pattern: /\p{Emoji_Presentation}/u,
    offer: (found) => `Leave ${quote(found)} out.`,
  },
  {
    rule: 'minimising',
    pattern: word(
      'minor (?:hiccup|glitch|blip|issue|problem|incident|outage|impact|disruption|inconvenience)s?|hiccups?|(?:small|brief|little|slight|tiny|short|temporary) (?:hiccup|glitch|blip|issue|problem|impact|disruption)s?|(?:a|just a|another) (?:blip|glitch)|(?:no|without|zero|little|limited|minimal|negligible) (?:\\p{L}{1,20} )?impact|(?:only|just|merely) (?:about |around |for )?(?:an? |the )?(?:few|couple|handful|brief(?:ly)?|short(?:ly)?|small|minor|some|slight(?:ly)?|affect(?:s|ed)|impact(?:s|ed)|last(?:s|ed)|\\d[\\d.,]{0,9} ?(?:%|\\p{L}{1,12}))|barely|negligibl[ey]|luckily|fortunately|nothing serious|no big deal|non-event',
    ),
    unless: /\bread-only\b|\bnotice(?:able)? only\b/iu,
    offer: (found) => `Instead of ${quote(found)}, the duration and the count: “4 min 20 s; 34 of 40 checks failed”.`,
  },
  {
    rule: 'unknown',
    pattern: word(
      "TBD|TBA|TBC(?! \\p{L})|TODO|FIXME|to be (?:determined|announced|added|filled(?: in)?|decided|completed|clarified|investigated)|N/A|not available at this time|no data(?: is)? available|(?:currently |still )?unknown at this time|(?:some|several|certain|a few|various) (?:of (?:our|the) )?(?:users|customers|people|clients|visitors)|(?:an? )?(?:small |large |limited |unknown )?(?:number|subset|portion|handful) of (?:our |the )?(?:users|customers|people|clients|visitors)|(?:may|might)(?: well| also)? have|may've|might've|for some (?:time|reason|unknown reason)|and so on|lorem ipsum|at some point",
    ),
    unless: /\b(?:[Ii]n|[Ss]ince|[Uu]ntil|[Bb]y|[Ll]ast|[Oo]f) May have\b/u,
    offer: (found) =>
      `Instead of ${quote(found)}, a question that somebody can answer: “how many … failed between … and … UTC, by the access log?”`,
  },
  {
    rule: 'unknown',
    pattern:
      /\?{2,200}|^\s{0,20}(?:unknown|none|nil|unclear|n\.?a\.?|-{1,3}|\.{3}|…)\s{0,20}\.?\s{0,20}$|(?:cause|impact|owner|reason|duration|trigger|fix|users|customers|affected|effect)\s{0,2}:\s{1,3}(?:unknown|unclear|none known)(?=[.;,\n]|$)/iu,
    offer: () => 'A question that somebody can answer: what, between which times, and where it can be looked up.',
  },
];

/** `12,000 users`, `a third of all customers`: unless the sentence says where it is from. */
export const USER_COUNT =
  /(?<![\p{L}\p{N}])(?:\d[\d.,\u00A0 ]{0,12}\d|\d|one|two|three|four|five|six|seven|eight|nine|ten|dozens?|hundreds?|thousands?|millions?|half|a third|a quarter|most|all|many|\d+ ?%)(?: (?:k|m|million|thousand|hundred))?(?: of)?(?: (?:our|the|all|their))?(?: [\p{L}-]{1,20})? (?:users|customers|people|visitors|shoppers|clients|accounts|subscribers|sign-ins|orders)(?![\p{L}\p{N}])/iu;
/** Words by which a figure is sourced. */
export const SOURCED =
  /(?:according to|\bwrote\b|\bcalled\b|\bopened (?:a |[\d]{1,6} )?tickets?\b|counted (?:in|by|from)|(?:from|by|in) (?:the|our) [\p{L} -]{1,40}?(?:logs?|analytics|dashboard|metrics?|statistics|tracker|tickets?|database|billing|reports?)|per the|source:|as (?:reported|stated|told) by|states? (?:as )?its impact|the owner states)/iu;

export const LEAKS: RegExp[] = [
  /\b[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}\b/i,
  /\b(?:hc|sk|pk|ghp|gho|ghs|glpat|xox[abpr]|whsec|AKIA|eyJ)[_-]?[A-Za-z0-9_-]{14,}/,
  /\bBearer [A-Za-z0-9._~+/=-]{8,}/i,
  /\b(?:password|passwd|secret|token|api[_-]?key)\s{0,3}(?:=\s{0,3}[^\s,;]{4,}|:\s{0,3}(?=[^\s,;]{0,40}[\d_+/=])[^\s,;]{4,}|:\s{0,3}[^\s,;]{12,})/i,
  /https?:\/\/[^\s?]{1,500}\?[^\s]+/i,
  /https?:\/\/[^\s/@:]{1,100}:[^\s/@]{1,100}@/i,
  // A telephone number, as it is written with its country.
  /(?<![\w+])\+\d{1,3}[ /-]?\(?\d{2,5}\)?[ /-]?\d{3,4}(?:[ /-]?\d{2,4}){0,2}(?!\d|:)/,
];

export const MARKUP =
  /<\/?(?:script|style|iframe|img|svg|object|embed|link|meta|form|input|div|span|h[1-6]|table|video|audio|body|html)\b[^>]{0,300}>|(?<![\p{L}\p{N}])<\/?(?:a|b|i|u|p|em|strong)(?:\s[^>]{0,300})?>|\bjavascript:|\bon(?:error|load|click|mouseover)\s?=|!?\[[^[\]\n]{0,200}\]\((?:·|https?:|javascript:|data:|mailto:|\/|#|www\.)[^)\s]{0,300}\)?/iu;

/** Words that name a cause. */
export const CAUSE = word(
  'caused|causes|causing|due to|because(?: of)?|led to|leads to|root causes?|triggered by|resulted (?:in|from)|owing to|as a (?:result|consequence) of|brought about|the reason (?:was|is)|stemmed from',
);
