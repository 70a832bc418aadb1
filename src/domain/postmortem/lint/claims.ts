import type { Level } from './finding.ts';

interface Claim {
  level: Level;
  message: string;
  fix: string;
  pattern: RegExp;
  /** In a sentence with this it is well said. */
  holds?: RegExp;
  /** Only a sentence with this makes the claim. */
  says?: RegExp;
  /** The figures of the incident can show it. */
  measured?: true;
}

/** What did not work, in the words that people have for it. */
export const IMPACT =
  /(?<![\p{L}-])(?:down|fail(?:s|ed|ing|ures?)?|unavailable|unreachable|offline|outage|interrupt(?:ed|ion)|slow(?:er|ly)?|degraded|errors?|error rate|timed? ?outs?|timeouts?|refused|blind|brok(?:e|en)|stopped|lost|not (?:work|respond|answer|load|available|reach|be)\p{L}*|could not|couldn't|cannot|can't|were unable|was unable|unable|no longer|without|impact|affected|hit|locked out|rejected|dropped|stuck|hang|hung|delayed|late|incident was opened)(?![\p{L}])/iu;

/** What a sentence claims, by the id of the rule that says it of a whole document; for texts that stand alone. */
export const CLAIMS: Record<string, Claim> = {
  'all-only-if-all': {
    level: 'blocking',
    message: '“All” or “global” is said, and not every monitor and location was seen to fail',
    fix: 'Say which monitors and locations failed, and which did not.',
    pattern:
      /(?<![\p{L}\p{N}_-])(?:(?:all|every|any|the entire|the whole) (?:of )?(?:our |the )?(?:users?|customers?|clients?|visitors?|regions?|locations?|data cent(?:er|re)s?|services?|systems?|traffic|requests?|sites?|monitors?|platform)|(?:global(?:ly)?|world-?wide|everywhere|everyone|everybody|(?:complete|total) (?:outage|blackout)))(?![\p{L}\p{N}_]|-\p{L})/iu,
    holds:
      /global (?:variable|config|lock|load balancer|index|settings?|table)|\b(?:not|nearly|almost) (?:all|every)|\?$/iu,
    says: IMPACT,
    measured: true,
  },
  'percent-denominator': {
    level: 'blocking',
    message: 'A percentage does not say of what',
    fix: 'Name the whole: “34 of 40 checks (85 %)”.',
    pattern: /(?<![\p{L}\p{N}.])\d{1,3}(?:[.,]\d{1,6})?\s?(?:%|percent(?!ile)\b|per cent\b)/iu,
    holds:
      /\b\d+ of \d+\b|(?:%|percent|per cent) of (?:the |our |all )?[\p{L}\d·]|\b(?:target|objective|SLO|SLA|CPU|memory|disk|utili[sz]ation|usage|capacity|load|uptime|availability|threshold|limit|rollout|rolled out|discount|canary|budget)\b/iu,
  },
  'timeline-utc': {
    level: 'blocking',
    message: 'A time is not in UTC',
    fix: 'Give it as HH:MM UTC, whatever the clock on the wall said.',
    pattern:
      /(?<![\p{L}\p{N}:])(?:\d{1,2}(?::\d\d){0,2}\s?[ap]\.?m\b\.?(?:\s?(?:[ECMP][SD]?T|CES?T|BST|IST|JST))?|\d{1,2}:\d\d(?::\d\d)?\s?(?:[ECMP][SD]T|ET|PT|CES?T|EES?T|WES?T|BST|IST|JST|AES?T|NZST|\+\d\d:?\d\d|local time))(?![\p{L}\p{N}])/iu,
    holds: /\bUTC\b/u,
  },
  'delivered-not-sent': {
    level: 'blocking',
    message: 'An alert is said to be sent: what counts is when it was delivered',
    fix: 'Give the time at which it was delivered, and to which channel.',
    pattern:
      /(?<![\p{L}\p{N}_-])(?:alerts?|pages?) (?:was|were|got|had been|has been|have been) sent(?: out)?(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}_-])sent (?:an|the|out an) (?:alert|page)(?![\p{L}\p{N}_])/iu,
    holds: /\bdeliver/iu,
  },
};
