const CAUSE_WORDS =
  /\b(?:caused|causing|caused by|due to|because|led to|root cause|triggered by|resulted in|thanks to|owing to|as a result of)\b/i;
const PEOPLE_COUNT =
  /\d[\d.,]*\s+(?:users?|customers?|people|visitors?|accounts?)\b|\b(?:some|many|most|few|several|thousands of|hundreds of|dozens of) (?:users|customers|people)\b/i;
const EVERYWHERE =
  /\b(?:(?:all|every) (?:the |\d+ |of the )*(?:users?|customers?|regions?|locations?|sites?)|everyone|global(?:ly)?|worldwide|everywhere)\b/i;
const IN_WORDS =
  /\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|twice|double|zero|percent|per cent)\b/i;
const DAYS = /\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b/i;
const MONTHS =
  /\b(?:January|February|March|April|June|July|August|September|October|November|December|yesterday|today|tomorrow|noon|midnight)\b/i;
const ODD_FIGURE = /[^\P{N}0-9]|[\d\p{L}][\p{Cf}\u00AD][\d\p{L}]|[^\S \n]/u;

/** What words claim that machine text may not claim, whatever facts it cites. Names and quotes are taken out before. */
export function assertions(text: string): string[] {
  const reasons: string[] = [];
  if (CAUSE_WORDS.test(text)) reasons.push('it asserts a cause');
  if (EVERYWHERE.test(text)) reasons.push('it claims more than monitors can see');
  const word = IN_WORDS.exec(text)?.[0];
  if (word) reasons.push(`it counts in words (${word})`);
  if (ODD_FIGURE.test(text)) reasons.push('it has figures or blanks that are not plain ones');
  const day = DAYS.exec(text)?.[0] ?? MONTHS.exec(text)?.[0];
  if (day) reasons.push(`no fact says ${day}`);
  return reasons;
}

/** `12 users`, `some customers`: people who are counted. */
export function countsPeople(text: string): boolean {
  return PEOPLE_COUNT.test(text);
}
