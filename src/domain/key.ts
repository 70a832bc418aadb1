/** A key made from a name: `Checkout API (EU)` → `checkout-api-eu`; `monitor` when nothing of the name can be kept. */
export function keyFromName(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const key = plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 55)
    .replace(/-+$/, '');
  return key === '' ? 'monitor' : key;
}

/** The key itself, or with the first number that makes it free. */
export function freeKey(wanted: string, isTaken: (key: string) => boolean): string {
  if (!isTaken(wanted)) return wanted;
  for (let number = 2; ; number++) if (!isTaken(`${wanted}-${number}`)) return `${wanted}-${number}`;
}
