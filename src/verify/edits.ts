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
  for (const block of theirs) {
    const words = block.spans.filter(({ kind }) => kind === 'reported').map(({ text }) => text);
    const isWritten = words.length > 0 && words.every((text) => written.has(text));
    claim(isWritten || wasStored(reader, incidentId, block), block.id, words.join(' '), 'no person wrote this');
  }
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
