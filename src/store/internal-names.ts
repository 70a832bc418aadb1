import type { PostmortemPolicy } from '#src/domain/postmortem/policy.ts';
import type { InternalNames } from '#src/domain/postmortem/public-version.ts';
import type { Reader } from './database.ts';

interface MonitorNames {
  key: string;
  name: string;
  url: string;
  service: string | null;
  owner: string | null;
  affected: number;
}

const MONITORS = `SELECT key, json_extract(config, '$.name') AS name, json_extract(config, '$.url') AS url,
    json_extract(config, '$.service') AS service, json_extract(config, '$.owner') AS owner,
    no IN (SELECT monitor_no FROM windows WHERE incident_id = ?) AS affected FROM monitors`;
const REVISIONS = `SELECT DISTINCT m.key, json_extract(r.config, '$.name') AS name, json_extract(r.config, '$.url') AS url,
    json_extract(r.config, '$.service') AS service, json_extract(r.config, '$.owner') AS owner, 1 AS affected
  FROM monitor_revisions r JOIN monitors m ON m.no = r.monitor_no
  WHERE r.monitor_no IN (SELECT monitor_no FROM windows WHERE incident_id = ?)`;
const PEOPLE = `SELECT by AS name FROM timeline_entries WHERE incident_id = ? AND by IS NOT NULL
  UNION SELECT acknowledged_by FROM incidents WHERE id = ? AND acknowledged_by IS NOT NULL
  UNION SELECT by FROM postmortem_steps WHERE incident_id = ?
  UNION SELECT json_extract(edit, '$.by') FROM postmortem_edits WHERE incident_id = ? AND json_extract(edit, '$.by') IS NOT NULL`;

/** What must not stand in the public version of an incident's postmortem, and what stands there instead. */
export function readInternalNames(
  reader: Reader,
  incidentId: string,
  privacy: PostmortemPolicy['privacy'],
): InternalNames {
  const { names, redact, quotes } = privacy;
  const publicName = (word: string) => (Object.hasOwn(names, word) ? (names[word] ?? null) : null);
  const all = reader.sql<MonitorNames>(MONITORS).all(incidentId);
  const involved = [
    ...all.filter(({ affected }) => affected === 1),
    ...reader.sql<MonitorNames>(REVISIONS).all(incidentId),
  ];
  const replace: InternalNames['replace'] = Object.entries(names).map(([word, by]) => ({ word, by }));
  const hide = (word: string | null, by: string | null = null) => {
    if (word) replace.push({ word, by: publicName(word) ?? by });
  };
  const shownNames = !redact.includes('monitor-names');
  for (const { key, name, url, owner, service } of involved) {
    const shown = publicName(name) ?? (shownNames ? name : null);
    const isShown = shownNames && [name, redact.includes('service-names') ? null : service].includes(key);
    if (!isShown) hide(key, shown);
    for (const place of placesOf(url)) if (place !== name) hide(place);
    hide(owner);
  }
  if (!shownNames) for (const { name } of [...all, ...involved]) hide(name);
  if (redact.includes('service-names')) for (const { service } of [...all, ...involved]) hide(service);
  if (redact.includes('locations'))
    for (const { name } of reader.sql<{ name: string }>('SELECT name FROM locations').all()) hide(name);
  for (const { key } of reader.sql<{ key: string }>('SELECT key FROM channels').all()) hide(key);
  const shownTokens = new Set(
    [...(shownNames ? all.map(({ name }) => name) : []), ...all.map(({ service }) => service ?? '')].map((word) =>
      word.toLowerCase(),
    ),
  );
  const tokens = all.flatMap(({ key, url }) => [key, ...placesOf(url)]).map((word) => word.toLowerCase());
  return {
    replace,
    people: reader
      .sql<{ name: string }>(PEOPLE)
      .all(incidentId, incidentId, incidentId, incidentId)
      .map(({ name }) => name),
    tokens: new Set(tokens.filter((token) => !shownTokens.has(token))),
    unquoted: readUnquoted(reader, incidentId, quotes),
    quotes,
  };
}

/** The host of a URL, with its port, and the URL whole. */
function placesOf(url: string): string[] {
  const parsed = URL.parse(url);
  if (!parsed) return [url];
  return [...new Set([url, parsed.href, `${parsed.host}${parsed.pathname}`, parsed.host, parsed.hostname])];
}

function readUnquoted(reader: Reader, incidentId: string, quotes: readonly string[]): Set<string> {
  const entries = reader
    .sql<{ id: string; kind: string }>('SELECT id, kind FROM timeline_entries WHERE incident_id = ?')
    .all(incidentId);
  return new Set(entries.filter(({ kind }) => !quotes.includes(kind)).map(({ id }) => id));
}
