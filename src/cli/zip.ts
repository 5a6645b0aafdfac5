import { crc32 } from 'node:zlib'
import { deflateSync } from 'fflate'
import { FileError } from './errors.js'
import { INPUT_MAX } from './input.js'

/*
 * A ZIP file (APPNOTE.TXT 6.3) whose bytes depend on names and contents only. The deflate is fflate's, whose
 * output is the same on every machine, as that of Node's own zlib is not. Its zipSync takes an object, which
 * would move names such as `10` to the front and lose `__proto__`, and converts times by the time zone.
 */

/** Level 9 takes twice as long for 0.2 % (measured); `mem` left out would depend on Math.log, which engines round. */
const DEFLATE = { level: 6, mem: 6 } as const

const LOCAL_SIZE = 30
const CENTRAL_SIZE = 46
const END_SIZE = 22
const VERSION = 20
const UTF8_NAMES = 0x800
const STORED = 0
const DEFLATED = 8
/** 1980-01-01 00:00:00, the first moment that a ZIP file can tell. */
const DOS_TIME = 0
const DOS_DATE = 0x21
/** Above these two a ZIP file needs extensions that unpackers in the field lack. */
const FILES_MAX = 0xfffe
const NAME_MAX = 0xffff

/** Takes files one after the other. */
export interface ZipWriter {
  add(name: string, content: Uint8Array): void
  finish(): Uint8Array
}

/** An empty ZIP file. */
export function createZip(): ZipWriter {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  return {
    add: (name, content) => {
      const packed = packEntry(name, content)
      parts.push(localHeader(packed), packed.name, packed.data)
      directory.push(centralHeader(packed, offset), packed.name)
      offset += LOCAL_SIZE + packed.name.length + packed.data.length
      if (directory.length / 2 > FILES_MAX) throw new FileError(`the folder holds more than ${FILES_MAX} files, the most in a ZIP file`)
      if (offset > INPUT_MAX) throw new FileError(`the folder is larger than ${INPUT_MAX} bytes, even packed`)
    },
    finish: () => {
      const central = Buffer.concat(directory)
      return Buffer.concat([...parts, central, endRecord(directory.length / 2, central.length, offset)])
    },
  }
}

interface PackedEntry {
  readonly name: Uint8Array
  readonly method: number
  readonly crc: number
  readonly size: number
  readonly data: Uint8Array
}

function packEntry(path: string, content: Uint8Array): PackedEntry {
  const name = Buffer.from(path, 'utf8')
  if (name.length > NAME_MAX) throw new FileError(`the name ${path} is too long for a ZIP file`)
  const deflated = deflateSync(content, DEFLATE)
  const isSmaller = deflated.length < content.length
  return {
    name,
    method: isSmaller ? DEFLATED : STORED,
    crc: crc32(content),
    size: content.length,
    data: isSmaller ? deflated : content,
  }
}

function localHeader(entry: PackedEntry): Uint8Array {
  const header = Buffer.alloc(LOCAL_SIZE)
  header.writeUInt32LE(0x04034b50, 0)
  writeCommon(header, 4, entry)
  return header
}

/** Made on MS-DOS, which knows no mode bits: unpackers give files their usual ones. */
function centralHeader(entry: PackedEntry, localOffset: number): Uint8Array {
  const header = Buffer.alloc(CENTRAL_SIZE)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(VERSION, 4)
  writeCommon(header, 6, entry)
  header.writeUInt32LE(localOffset, 42)
  return header
}

/** The fields that both headers share, in one order. */
function writeCommon(header: Buffer, at: number, { name, method, crc, size, data }: PackedEntry): void {
  header.writeUInt16LE(VERSION, at)
  header.writeUInt16LE(UTF8_NAMES, at + 2)
  header.writeUInt16LE(method, at + 4)
  header.writeUInt16LE(DOS_TIME, at + 6)
  header.writeUInt16LE(DOS_DATE, at + 8)
  header.writeUInt32LE(crc, at + 10)
  header.writeUInt32LE(data.length, at + 14)
  header.writeUInt32LE(size, at + 18)
  header.writeUInt16LE(name.length, at + 22)
}

function endRecord(files: number, directorySize: number, directoryOffset: number): Uint8Array {
  const record = Buffer.alloc(END_SIZE)
  record.writeUInt32LE(0x06054b50, 0)
  record.writeUInt16LE(files, 8)
  record.writeUInt16LE(files, 10)
  record.writeUInt32LE(directorySize, 12)
  record.writeUInt32LE(directoryOffset, 16)
  return record
}
