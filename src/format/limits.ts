/** Sizes of the envelope, each named once, in bytes unless the name says otherwise. */
export const HEAD_SIZE_MAX = 262_144
export const META_SIZE_MAX = 16_384
export const SIGNATURES_MAX = 8
export const SLOTS_MAX = 64
export const LINKS_MAX = 8
export const CHUNKS_MAX = 1_048_576
/** The last second of the year 9999. */
export const TIME_MAX = 253_402_300_799

/** Seconds by which a sequence, where it is a time, may lie ahead of the clock: a day. */
export const SEQUENCE_LEAD = 86_400

export const DIGEST_SIZE = 32
export const SALT_SIZE = 24
export const COMMITMENT_SIZE = 32
export const TAG_SIZE = 16

/** A trust store or trust update as JSON. */
export const TRUST_SIZE_MAX = 262_144
export const TRUST_KEYS_MAX = 64
/** Apps, or channels, of one scope. */
export const SCOPE_MAX = 64

/** The JSON of a manifest. */
export const MANIFEST_SIZE_MAX = 67_108_864
/** Files of a manifest. */
export const FILES_MAX = 100_000
/** The JSON of an object list: each name with its quotes, and commas between them. */
export const OBJECT_LIST_SIZE_MAX: number = 13 + 67 * FILES_MAX
/** Folders that its files lie in. */
export const FOLDERS_MAX = 100_000
/** A path of a manifest as UTF-8, and each of its parts. */
export const PATH_SIZE_MAX = 1024
export const NAME_SIZE_MAX = 255
/** Parts of a path: its folders, and the file. */
export const PATH_NAMES_MAX = 64
