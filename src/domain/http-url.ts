const MAX_URL = 2048;

/** Why a text is not a URL that can be probed, or null. The rules are those of api.md "Limits and meanings". */
export function urlProblem(text: string): string | null {
  if (text.length > MAX_URL) return `must be at most ${MAX_URL} characters`;
  if (text !== text.trim()) return 'must not begin or end with white space';
  const url = URL.parse(text);
  if (!url || !/^https?:\/\/[^/\\]/i.test(text)) return 'must be a full URL such as https://shop.example/health';
  if (url.username !== '' || url.password !== '') return 'must not contain credentials; use auth instead';
  const host = url.hostname.replace(/\.$/, '');
  if (host === '') return 'must name a host';
  if (host.length > 253) return 'the host must be at most 253 characters';
  if (!host.startsWith('[') && host.split('.').some((label) => label.length === 0 || label.length > 63))
    return 'each label of the host must be 1 to 63 characters';
  if (url.port === '0') return 'the port must be 1 to 65535';
  return null;
}
