/** Why a monitor was not watched for a while. */
export const UNOBSERVED_REASONS = [
  'paused',
  'maintenance',
  'process-down',
  'missed',
  'clock-jump',
  'own-network',
  'no-checks',
] as const;
export type UnobservedReason = (typeof UNOBSERVED_REASONS)[number];
