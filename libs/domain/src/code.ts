/** Digits of an activation code: four while guessing is under control, eight where the ledger or the profile says so. */
export const CODE_LENGTH = { short: 4, long: 8 } as const;

/** What a client may send as a code; any other text is refused without a strike. */
export const CODE_PATTERN = /^[0-9]{4,8}$/;

/** The decimal code of `length` digits that a MAC stands for. The bias of the remainder is below 2^-34. */
export function codeFromMac(mac: Uint8Array, length: number): string {
  let value = 0n;
  for (const byte of mac.subarray(0, 8)) value = (value << 8n) | BigInt(byte);
  return (value % 10n ** BigInt(length)).toString().padStart(length, '0');
}
