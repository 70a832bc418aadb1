import { escapeHtml } from '#src/domain/html-text.ts';
import type { AlertMessage } from '#src/domain/message.ts';
import { COLOURS } from './colours.ts';

const nameOf = ({ incident }: AlertMessage) => (incident ? `Hindcast, incident ${incident.number}` : 'Hindcast');

/** The line first, since mail programs show the beginning beside the subject. */
export function mailText(message: AlertMessage): string {
  const { line, fields, links } = message;
  return [
    line,
    '',
    ...fields.map(({ label, text }) => `${label}: ${text}`),
    ...(fields.length > 0 ? [''] : []),
    ...links.map(({ label, url }) => `${label}: ${url}`),
    ...(links.length > 0 ? [''] : []),
    '-- ',
    nameOf(message),
    '',
  ].join('\n');
}

/** Tables and inline styles only: what mail programs read. Nothing is loaded from elsewhere. */
export function mailHtml(message: AlertMessage): string {
  const { line, fields, links, tone } = message;
  const rows = fields.map(
    ({ label, text }) =>
      `<tr><td style="padding:4px 16px 4px 0;color:#667085;vertical-align:top;white-space:nowrap">${escapeHtml(label)}</td>` +
      `<td style="padding:4px 0;color:#101828">${escapeHtml(text)}</td></tr>`,
  );
  const buttons = links.map(
    ({ label, url }) =>
      `<a href="${escapeHtml(url)}" style="display:inline-block;margin:0 8px 8px 0;padding:10px 16px;border-radius:6px;` +
      `background:${label === 'Acknowledge' ? '#175cd3;color:#ffffff' : '#eaecf0;color:#101828'};text-decoration:none;font-weight:600">${label}</a>`,
  );
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>',
    '<body style="margin:0;padding:16px;background:#f9fafb;font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.45">',
    `<table role="presentation" width="100%" style="max-width:640px;margin:0 auto;background:#ffffff;border-collapse:collapse;border-left:6px solid ${COLOURS[tone]}">`,
    `<tr><td style="padding:20px"><p style="margin:0 0 16px;font-size:18px;font-weight:600;color:#101828">${escapeHtml(line)}</p>`,
    `<table role="presentation" style="border-collapse:collapse;margin:0 0 16px">${rows.join('')}</table>`,
    `<div>${buttons.join('\n')}</div>`,
    `<p style="margin:12px 0 0;font-size:12px;color:#667085">${escapeHtml(nameOf(message))}</p></td></tr></table>`,
    '</body></html>',
    '',
  ].join('\n');
}
