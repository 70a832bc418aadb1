import type { StoredAction } from './action.ts';
import type { ActionItem, PostmortemDocument } from './document.ts';

/** The document's actions; once it is published, as the rows have them now. */
export function actionsNow(
  { document, status }: { document: PostmortemDocument; status: string },
  rows: readonly StoredAction[],
): ActionItem[] {
  if (status !== 'published') return document.actions;
  const byId = new Map(rows.map((row) => [row.id, row]));
  const known = document.actions.map((item) => {
    const row = byId.get(item.id);
    byId.delete(item.id);
    return row ? { ...item, ...peopleOf(row) } : item;
  });
  return [...known, ...[...byId.values()].map(itemOf)];
}

const peopleOf = ({ owner, dueOn, state, tracker, note, title, doneWhen }: StoredAction) => ({
  owner,
  dueOn,
  state,
  tracker: tracker?.url ?? tracker?.ref ?? null,
  ...(note !== null && { note }),
  ...(title !== null && { title }),
  ...(doneWhen !== null && { doneWhen }),
});

/** A row as an item, whatever the drafter would propose now. */
export function itemOf(row: StoredAction): ActionItem {
  const { closing, origin } = row;
  return { id: row.id, ...row.drafted, ...peopleOf(row), cites: [], origin, ...(closing && { closing }) };
}
