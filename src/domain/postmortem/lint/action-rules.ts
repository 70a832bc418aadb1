import type { ActionItem } from '../document.ts';
import { type Breach, type Rule, textOf, type View } from './finding.ts';
import { vagueAction } from './vague.ts';

const ABOUT = { area: 'actions', level: 'blocking' } as const;
const MOST = 10;
/** The first word of a title that is one: what is to be done comes first. */
const NOT_A_VERB =
  /^(?:the|a|an|our|we|i|it|this|that|there|more|better|no|all|some|new|need|needs|should|must|monitoring|alerting|documentation|database|server|tests|alerts|logs|team|please|maybe|(?!(?:bring|ring|ping|sing|spring|string|swing|wing)\b)[a-z]+ing)\b/i;
/** `DNS: …`: what it is about, and not what is to be done. */
const SUBJECT_FIRST = /^(?:\p{Lu}{2,}\b(?=.*\p{Ll})|[\p{L}\p{N} -]{1,40}:\s)/u;
const NOBODY =
  /^(?:(?:the |our )?(?:[\p{L}-]+ )?teams?|everyone|everybody|all|anyone|anybody|someone|somebody|nobody|tbd|n\/a|none|us|we|various|people|-|\?)$/iu;
const TWO = /(?:,|;|&|\/|\+|\band\b|\bor\b)/iu;
const FIXES_PEOPLE =
  /(?<![\p{L}-])(?:(?:train|re-?train|remind|educate|discipline|warn|coach|tell|reprimand|brief|instruct|teach|admonish) (?:the |our |all |every |each )?[\p{L}-]{0,20} ?[\p{L}-]{0,20} ?(?:teams?|engineers?|operators?|developers?|devs|people|staff|everyone|everybody|members?|employees?|responders?|on-?call)|be (?:more |extra )?(?:careful|vigilant|attentive|aware)|pay (?:more |closer )?attention|raise awareness|double[- ]check|(?:training|awareness) (?:session|course|for)|hold (?:the )?[\p{L}-]{1,20} accountable)(?![\p{L}-])/iu;
const DETECTS =
  /(?<![\p{L}-])(?:detect|monitor|alert|notice|interval|watch|probe|check|escalat|channel|page|dashboard|status update|public message|replay)/iu;
const PREVENTS =
  /(?<![\p{L}-])(?:prevent|limit|guard|refuse|block|test|roll ?back|fallback|second instance|redundan|validate|script|restore|fix|renew|cut|find what|document|capacity|raise|retry|queue|runbook)/iu;

const kept = ({ document }: View): ActionItem[] => document.actions.filter(({ state }) => state !== 'dropped');
const at = ({ id }: Pick<ActionItem, 'id'>): string => `action-items.${id}`;

function each(view: View, judge: (action: ActionItem) => Omit<Breach, 'blockId'> | null): Breach[] {
  return kept(view).flatMap((action) => {
    const breach = judge(action);
    return breach ? [{ blockId: at(action), excerpt: action.title, ...breach }] : [];
  });
}

/** Action items: each has one owner, a date, and an end that can be seen. */
export const ACTION_RULES: Rule[] = [
  {
    ...ABOUT,
    id: 'action-owner',
    message: 'An action has no owner',
    fix: 'Name one person or role that owns it, or drop the action with a reason.',
    check: (view) =>
      each(view, ({ owner, title }) =>
        owner === null || owner.trim() === '' ? { message: `Name one owner: ${title}` } : null,
      ),
  },
  {
    ...ABOUT,
    id: 'action-one-owner',
    message: 'An action is owned by several, or by everyone',
    fix: 'Name exactly one: what everyone owns nobody does.',
    check: (view) =>
      each(view, ({ owner }) => (owner && (NOBODY.test(owner.trim()) || TWO.test(owner)) ? { excerpt: owner } : null)),
  },
  {
    ...ABOUT,
    id: 'action-due',
    message: 'An action has no due date',
    fix: 'Set the date by which it is done, or drop the action with a reason.',
    check: (view) =>
      each(view, ({ dueOn, title }) => (dueOn === null ? { message: `Set a due date: ${title}` } : null)),
  },
  {
    ...ABOUT,
    id: 'action-due-ahead',
    message: 'An action is due on a date that does not lie ahead',
    fix: 'Set a date that lies ahead, or close the action.',
    check: (view) =>
      each(view, ({ dueOn, state }) =>
        dueOn !== null && (dueOn <= view.today || !/^\d{4}-\d\d-\d\d$/.test(dueOn)) && state !== 'done'
          ? { message: `Due on ${dueOn}, which does not lie ahead` }
          : null,
      ),
  },
  {
    ...ABOUT,
    id: 'action-tracker',
    // Teams without a tracker must be able to publish: whether one is there, nobody can see from here.
    level: 'warning',
    message: 'An action is in no tracker',
    fix: 'Push it to the tracker where the team looks, or keep it here on purpose.',
    check: (view) =>
      each(view, ({ tracker, title }) => (tracker === null ? { message: `Not tracked yet: ${title}` } : null)),
  },
  {
    ...ABOUT,
    id: 'action-vague',
    message: 'An action is vague',
    fix: 'Say what is changed, from what to what, so that anyone can see when it is done.',
    check: (view) => each(view, ({ title }) => vagueAction(title)),
  },
  {
    ...ABOUT,
    id: 'action-verb-first',
    message: 'An action does not begin with what is to be done',
    fix: 'Begin with the verb: “Raise …”, “Move …”, “Write …”.',
    check: (view) =>
      each(view, ({ title }) => {
        const first = title.trim();
        return NOT_A_VERB.test(first) || SUBJECT_FIRST.test(first) || !/^\p{L}/u.test(first) ? {} : null;
      }),
  },
  {
    ...ABOUT,
    id: 'action-done-when',
    message: 'An action does not say when it is done',
    fix: 'Add “done when …”: what anyone can look at and see.',
    check: (view) =>
      each(view, ({ doneWhen, title }) => (doneWhen.trim() === '' || doneWhen.trim() === title.trim() ? {} : null)),
  },
  {
    ...ABOUT,
    id: 'action-bound',
    message: 'An action names no bound',
    fix: 'Give the number that it must reach or keep to.',
    check: (view) =>
      each(view, ({ title, doneWhen }) =>
        /\d|\b(?:one|two|three|zero|no|none|every|each|second)\b/i.test(`${title} ${doneWhen}`) ? null : {},
      ),
  },
  {
    ...ABOUT,
    id: 'action-cites-gap',
    message: 'A proposal does not say which measured gap it is from',
    fix: 'Regenerate the draft, or make it an action of your own.',
    check: (view) =>
      each(view, ({ state, cites }) =>
        state === 'proposed' && cites.filter((id) => view.ledger.some((fact) => fact.id === id)).length === 0
          ? {}
          : null,
      ),
  },
  {
    ...ABOUT,
    id: 'action-fixes-people',
    message: 'An action is about people, not about the system',
    fix: 'Change what let the step through: a check, a limit, a default.',
    check: (view) =>
      each(view, ({ title }) => {
        const found = FIXES_PEOPLE.exec(title)?.[0];
        return found ? { excerpt: found } : null;
      }),
  },
  {
    ...ABOUT,
    id: 'action-count',
    level: 'warning',
    message: 'There are no actions, or more than ten',
    fix: 'Keep those that matter most, at most ten, each with an owner.',
    check(view) {
      const count = kept(view).length;
      return count >= 1 && count <= MOST
        ? []
        : [{ blockId: 'action-items', message: count === 0 ? 'There are no actions' : `There are ${count} actions` }];
    },
  },
  {
    ...ABOUT,
    id: 'action-mix',
    level: 'warning',
    message: 'All actions are about finding it sooner, or all about preventing it',
    fix: 'Add one of the other kind, where the data supports it.',
    check(view) {
      const all = kept(view);
      if (all.length < 3) return [];
      const texts = all.map(({ title }) => title);
      const [finding, preventing] = [
        texts.some((text) => DETECTS.test(text)),
        texts.some((text) => PREVENTS.test(text)),
      ];
      return finding && preventing
        ? []
        : [{ blockId: 'action-items', message: finding ? 'No action prevents it' : 'No action finds it sooner' }];
    },
  },
  {
    ...ABOUT,
    id: 'action-repeated',
    level: 'warning',
    message: 'An action repeats another',
    fix: 'Keep one, and link to the one that is open already.',
    check(view) {
      const seen = new Map<string, string>();
      return kept(view).flatMap((action) => {
        const key = action.title.toLowerCase().replace(/\W+/g, ' ').trim();
        const twin = seen.has(key);
        seen.set(key, action.id);
        return twin ? [{ blockId: at(action), excerpt: action.title }] : [];
      });
    },
  },
  {
    ...ABOUT,
    id: 'action-items-text',
    level: 'warning',
    message: 'Text among the action items asks for something without being an action',
    fix: 'Make it an action, with an owner and a date.',
    check: (view) =>
      view
        .section('action-items')
        .filter(({ origin }) => origin === 'human')
        .filter(({ spans }) =>
          /(?<![\p{L}-])(?:we (?:will|should|must|need to)|todo|to do|action:)/iu.test(textOf(spans)),
        )
        .map(({ id, spans }) => ({ blockId: id, excerpt: textOf(spans).slice(0, 200) })),
  },
];
