export interface Vague {
  excerpt: string;
  message: string;
  fix: string;
  suggestion: string;
}

const BARE =
  /(?<![\p{L}-])(?:improve|enhance|strengthen|harden|optimi[sz]e|better)(?:\s+(?:the|our|all))?(?:\s+[\p{L}-]+){1,2}\s*(?:$|[.,;])/iu;
const MORE =
  /(?<![\p{L}-])(?:add|have|get|introduce|write)\s+(?:more|better|additional|some)\s+(?:monitoring|alerts?|alerting|tests?|testing|logging|logs|documentation|docs|checks|reviews?)/iu;
/** `Add tests`: which, and for what? */
const ADD =
  /(?<![\p{L}-])(?:add|introduce|write|set up|implement)\s+(?:proper |basic |comprehensive |end-to-end |unit |integration )?(?:monitoring|alerts|alerting|tests|testing|logging|logs|documentation|docs|checks|observability|metrics|dashboards)(?![\p{L}-])/iu;
const ADJECTIVE = /(?<![\p{L}-])(?:more|better)\s+(?:robust|resilient|reliable|stable|careful)/iu;
const CARE =
  /(?<![\p{L}-])(?:be (?:more )?careful|pay (?:more |closer )?attention|remind|(?:re-?)?train(?!\s+(?:the |a |our )?(?:[\p{L}-]+ )?models?(?![\p{L}-]))|educate|raise awareness|double[- ]check|ensure|make sure|take care|be aware|keep in mind)/iu;
const OPEN_ENDED =
  /(?<![\p{L}-])(?:investigate|look into|consider|revisit|explore|think about|discuss|evaluate|review)(?![\p{L}-])/iu;
const DELIVERS =
  /(?:\bby \d{4}-\d\d-\d\d|\d|\b(?:write|document|decide|report|publish|list|merge|ticket|proposal|design|limit|runbook)\b)/iu;
const NEVER_ENDS =
  /(?<![\p{L}-])(?:ongoing|asap|as needed|as required|when possible|if possible|continuously|going forward|in the future|soon)(?![\p{L}-])/iu;

/** What makes an action vague (nobody can say when it is done), or null. */
export function vagueAction(text: string): Vague | null {
  const bare = BARE.exec(text)?.[0];
  if (bare && !/\d/.test(text))
    return say(
      bare,
      'It names a wish, not a change',
      'Say what is changed, from what to what.',
      '“Raise the pool limit of … from 50 to 200”',
    );
  const more = MORE.exec(text)?.[0] ?? (/\d/.test(text) ? undefined : ADD.exec(text)?.[0]);
  if (more)
    return say(
      more,
      'More of it is not an end',
      'Name the one alert, test or line of log, and what it must catch.',
      '“Alert when … is above … for 2 min”',
    );
  const adjective = ADJECTIVE.exec(text)?.[0];
  if (adjective)
    return say(
      adjective,
      'Nobody can say when that is reached',
      'Give the failure that it must survive, and the number.',
      '“survives the loss of one of two instances for 10 min”',
    );
  const care = CARE.exec(text)?.[0];
  if (care)
    return say(
      care,
      'It asks people to be more careful',
      'Change what let the step through: a check, a limit, a default.',
      '“The deploy refuses a configuration that …”',
    );
  const open = OPEN_ENDED.exec(text)?.[0];
  if (open && !DELIVERS.test(text))
    return say(
      open,
      'It has no deliverable',
      'Say what will exist afterwards, and by when.',
      '“Write down why …, with a decision by 2026-…”',
    );
  const endless = NEVER_ENDS.exec(text)?.[0];
  if (endless) return say(endless, 'It never ends', 'Give it an end that can be seen.', '“done when …”');
  return null;
}

function say(found: string, message: string, fix: string, suggestion: string): Vague {
  return { excerpt: found.trim().replace(/[.,;]$/, ''), message, fix, suggestion };
}
