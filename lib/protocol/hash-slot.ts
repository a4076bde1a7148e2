/** How many hash slots a Redis Cluster has. */
export const SLOT_COUNT = 16_384;

/** Shards of one instance where its options name no other number. */
export const DEFAULT_SHARDS = 16;

/** Most shards of one instance: each has a part of at least {@link SLOTS_OF_TAGS} slots. */
export const MAX_SHARDS = 1_024;

/** How many slots at the beginning of a shard's part its tag may be in, so that the first shard has the same tag whatever their number. */
const SLOTS_OF_TAGS = SLOT_COUNT / MAX_SHARDS;

/** Polynomial of CRC16-CCITT (XMODEM), which Redis Cluster uses (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/). */
const CRC16_POLYNOMIAL = 0x10_21;

/** @returns the hash slot of a text without a hash tag. */
function slotOfText(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = crc & 0x80_00 ? (crc << 1) ^ CRC16_POLYNOMIAL : crc << 1;
    }
    crc &= 0xff_ff;
  }
  return crc % SLOT_COUNT;
}

/** @returns the hash slot of a key: that of its hash tag, the text between the first `{` and the next `}`, if the tag is not empty. */
export function hashSlotOf(key: string): number {
  const tag = /^[^{]*\{([^}]+)\}/.exec(key)?.[1];
  return slotOfText(tag ?? key);
}

/**
 * Finds the hash tags of the shards: the tag of shard i is the lowest number whose slot is at the beginning of the i-th of equal parts of
 * all slots. So masters that share the slots evenly share the shards evenly, however many masters there are.
 */
export function shardTags(shards: number): readonly string[] {
  const tags: string[] = [];
  for (let number = 0, found = 0; found < shards; number++) {
    const slot = slotOfText(String(number));
    const index = Math.floor((slot * shards) / SLOT_COUNT);
    const isAtStart = slot - Math.ceil((index * SLOT_COUNT) / shards) < SLOTS_OF_TAGS;
    if (isAtStart && tags[index] === undefined) {
      tags[index] = String(number);
      found++;
    }
  }
  return tags;
}
