import type { Block, PostmortemDocument } from '#src/domain/postmortem/document.ts';
import type { Reader } from '#src/store/database.ts';
import type { Claim } from './structure.ts';

/**
 * What stands as a person's words must be words that a person wrote: a row of theirs has them, or had them when a
 * revision was stored. Else a draft could call its own claims a person's, of whom nothing is proved.
 */
export function checkEdits(reader: Reader, incidentId: string, document: PostmortemDocument, claim: Claim): void {
  const theirs = document.sections.flatMap(({ blocks }) => blocks.filter(({ origin }) => origin !== 'machine'));
  if (theirs.length === 0) return;
  const written = new Set(
    reader
      .sql<{ text: string }>("SELECT edit ->> '$.text' AS text FROM postmortem_edits WHERE incident_id = ?")
      .all(incidentId)
      .map(({ text }) => text),
  );
  const ofActions = wordsOfActions(reader, incidentId);
  for (const block of theirs) {
    const words = block.spans.filter(({ kind }) => kind === 'reported').map(({ text }) => text);
    const isWritten =
      words.length > 0 && words.every((text) => written.has(text) || ofActions.get(block.id)?.has(text));
    claim(isWritten || wasStored(reader, incidentId, block), block.id, words.join(' '), 'no person wrote this');
  }
}

interface ActionRow {
  id: string;
  title: string | null;
  doneWhen: string | null;
  ownTitle: string;
  ownReason: string;
  ownDoneWhen: string;
  owner: string | null;
  dueOn: string | null;
  note: string | null;
  tracker: string | null;
  ref: string | null;
}

/** What the rows of actions let an action's block say, by block. */
function wordsOfActions(reader: Reader, incidentId: string): Map<string, Set<string>> {
  const rows = reader
    .sql<ActionRow>(
      `SELECT id, action ->> '$.title' AS title, action ->> '$.doneWhen' AS doneWhen, action ->> '$.drafted.title' AS ownTitle,
         action ->> '$.drafted.reason' AS ownReason, action ->> '$.drafted.doneWhen' AS ownDoneWhen, owner, due_on AS dueOn,
         action ->> '$.note' AS note, action ->> '$.tracker.tracker' AS tracker, action ->> '$.tracker.ref' AS ref
       FROM actions WHERE incident_id = ?`,
    )
    .all(incidentId);
  const end = (text: string) => (/[.!?…]$/.test(text.trim()) ? text.trim() : `${text.trim()}.`);
  return new Map(
    rows.map((row) => {
      const holders = [row.owner && `Owner: ${row.owner}`, row.dueOn && `due on ${row.dueOn}`];
      const said = [
        row.title ?? row.ownTitle,
        row.ownReason,
        `Done when ${row.doneWhen ?? row.ownDoneWhen}`,
        holders.filter(Boolean).join(', '),
        `Dropped: ${row.note ?? 'no reason given'}`,
        row.note ? `Done: ${row.note}` : 'Done',
        row.ref ? `In ${row.tracker} as ${row.ref}` : '',
      ];
      return [`action-items.${row.id}`, new Set(said.filter((text) => text !== '').map(end))] as const;
    }),
  );
}

function wasStored(reader: Reader, incidentId: string, { id, spans }: Block): boolean {
  const row = reader
    .sql(
      `SELECT 1 FROM postmortems AS p, json_each(p.document, '$.sections') AS section, json_each(section.value, '$.blocks') AS block
       WHERE p.incident_id = ? AND block.value ->> '$.id' = ? AND json(block.value -> '$.spans') = json(?) LIMIT 1`,
    )
    .get(incidentId, id, JSON.stringify(spans));
  return row !== undefined;
}
