import { type StoredAction, wordsOfAction } from './action.ts';
import type { ActionItem, Block, Section, Span } from './document.ts';
import { block, type Draft, paragraph } from './draft.ts';
import { OPEN_NAMED } from './measure-earlier.ts';
import { type Proposal, proposalsOf, smallest } from './proposals.ts';
import { derived, question, type Said, words } from './say.ts';

const MOST = 10;

/** Proposals from measured gaps alone, the largest gap first, with what people made of them; then people's own. */
export function drawActions(draft: Draft): { section: Section; actions: ActionItem[] } {
  // What is still open of an earlier incident with this signature stands there with its age: linked, not repeated.
  const worth = proposalsOf(draft);
  const fresh = worth.filter(({ id }) => !openElsewhere(draft, `act_${id}`));
  const found = fresh.length > 0 ? fresh : worth.length > 0 ? worth.slice(0, 1) : [smallest(draft)];
  const ordered = found.toSorted((a, b) => b.seconds - a.seconds || (a.id < b.id ? -1 : 1)).slice(0, MOST);
  const drawn = ordered.map((proposal) => {
    const stored = draft.rows.actions.find(({ id }) => id === `act_${proposal.id}`) ?? null;
    return { action: takenUp(proposal, stored), block: proposedBlock(proposal, stored) };
  });
  const ids = new Set(drawn.map(({ action }) => action.id));
  const own = draft.rows.actions
    .filter(({ id, origin, state }) => !ids.has(id) && (origin === 'human' || state !== 'proposed'))
    .map((stored) => ({ action: ownAction(stored), block: ownBlock(stored) }));
  const intro = paragraph(
    'action-items.intro',
    derived`Proposed from the measured gaps, the largest first. Keep, change or drop each; an owner and a due date are needed before publishing.`,
  );
  const all = [...drawn, ...own];
  const blocks = [intro, ...all.map((one) => one.block)];
  return { section: { id: 'action-items', title: 'Action items', blocks }, actions: all.map(({ action }) => action) };
}

function openElsewhere({ rows }: Draft, actionId: string): boolean {
  const named = rows.recurrence?.same.slice(0, 2) ?? [];
  const isOwn = rows.actions.some(({ id }) => id === actionId);
  return !isOwn && named.some(({ openActions }) => openActions.slice(0, OPEN_NAMED).some(({ id }) => id === actionId));
}

function takenUp(proposal: Proposal, stored: StoredAction | null): ActionItem {
  const { gap, title, reason, doneWhen, closing } = proposal;
  const reworded = (['title', 'doneWhen'] as const).filter((field) => stored?.[field]);
  return {
    id: `act_${proposal.id}`,
    title: stored?.title ?? title.text,
    reason: reason.text,
    doneWhen: stored?.doneWhen ?? doneWhen.text,
    ...peopleOf(stored),
    cites: [...new Set([gap.id, ...title.facts, ...reason.facts, ...doneWhen.facts])],
    ...(reworded.length > 0 && { reworded }),
    ...(closing && !stored?.doneWhen && { closing }),
  };
}

function ownAction(stored: StoredAction): ActionItem {
  const { id, closing, doneWhen } = stored;
  return {
    id,
    ...wordsOfAction(stored),
    ...peopleOf(stored),
    cites: [],
    origin: 'human',
    ...(closing && !doneWhen && { closing }),
  };
}

function peopleOf(stored: StoredAction | null) {
  const { owner = null, dueOn = null, state = 'proposed', tracker = null, note = null } = stored ?? {};
  return { owner, dueOn, tracker: tracker?.url ?? tracker?.ref ?? null, state, ...(note !== null && { note }) };
}

const reported = (text: string): Span => ({ kind: 'reported', text, facts: [] });

/** With people's words in it the block is edited: the drafter's own sentences in it stay as strict as ever. */
function proposedBlock(proposal: Proposal, stored: StoredAction | null): Block {
  const say = (said: Said): Span => ({ kind: 'derived', text: said.text, facts: said.facts });
  const made = block(
    `action-items.act_${proposal.id}`,
    { as: 'item' },
    stored?.title ? reported(sentence(stored.title)) : say(words`${proposal.title}.`),
    say(words`Measured: ${proposal.reason}.`),
    stored?.doneWhen ? reported(sentence(`Done when ${stored.doneWhen}`)) : say(words`Done when ${proposal.doneWhen}.`),
    ...peopleSpans(stored),
  );
  return stored ? { ...made, origin: 'edited' } : made;
}

function ownBlock(stored: StoredAction): Block {
  const { title, reason, doneWhen } = wordsOfAction(stored);
  const because = reason === '' ? [] : [reported(sentence(reason))];
  const spans = [reported(sentence(title)), ...because, reported(sentence(`Done when ${doneWhen}`))];
  return { ...block(`action-items.${stored.id}`, { as: 'item' }, ...spans, ...peopleSpans(stored)), origin: 'human' };
}

function peopleSpans(stored: StoredAction | null): Span[] {
  const { owner = null, dueOn = null, state = 'proposed', note = null, tracker = null } = stored ?? {};
  const where = tracker?.ref ? [reported(`In ${tracker.tracker} as ${tracker.ref}.`)] : [];
  if (state === 'dropped') return [reported(sentence(`Dropped: ${note ?? 'no reason given'}`))];
  const held = [owner && `Owner: ${owner}`, dueOn && `due on ${dueOn}`].filter(Boolean).join(', ');
  const holding = held === '' ? [] : [reported(sentence(held))];
  if (state === 'done') return [...holding, ...where, reported(sentence(note ? `Done: ${note}` : 'Done'))];
  if (owner !== null && dueOn !== null) return [...holding, ...where];
  if (owner !== null) return [...holding, ...where, question`By which date is it done?`];
  return [
    ...holding,
    ...where,
    dueOn === null ? question`Who owns it, and by which date?` : question`Who owns it, of whom one answers for it?`,
  ];
}

const sentence = (text: string): string => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
