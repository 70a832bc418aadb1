import { drawPostmortem } from '#src/domain/postmortem/draw.ts';
import { readDraftRows } from '#src/store/draft-rows.ts';
import type { Scene } from '../draft/scenes.ts';

/** The drafts of all incidents of a scene, as they are handed to the checker. */
export function draftsOf(scene: Scene) {
  const ids = scene.store.reader.sql<{ id: string }>('SELECT id FROM incidents ORDER BY number').all();
  return ids.map(({ id }) => {
    const rows = readDraftRows(scene.store.reader, id, scene.clock.now());
    if (!rows) throw new Error('no rows');
    return { incidentId: id, ...drawPostmortem(rows) };
  });
}
