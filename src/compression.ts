/** How a file may be compressed: Brotli (RFC 7932), gzip (RFC 1952). */
export type Encoding = 'br' | 'gzip'

export const encodings: readonly Encoding[] = ['br', 'gzip']
