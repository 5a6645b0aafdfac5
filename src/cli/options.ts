import { InvalidArgumentError, Option } from 'commander'

/** A flag with a value that may be given once: of two values one would be ignored in silence. */
export function single(flags: string, description: string, read: (text: string) => unknown = String): Option {
  return new Option(flags, description).argParser((text: string, previous: unknown) => {
    if (previous !== undefined) throw new InvalidArgumentError('It is given twice.')
    return read(value(text))
  })
}

/** A flag that may be repeated; its values are a list. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, previous: readonly string[] | undefined) => [
    ...(previous ?? []),
    value(text),
  ])
}

/** Where a variable of a script is empty and not quoted, the next flag takes the value's place. */
function value(text: string): string {
  if (/^(--|-[ohjV]$)/.test(text)) throw new InvalidArgumentError('It looks like a flag, so the value seems to be missing.')
  return text
}

/** `--json`, which every command has. */
export function jsonFlag(): Option {
  return new Option('--json', 'print exactly one JSON object on stdout, also on failure')
}

/** A whole number in decimal digits. */
export function digits(text: string): number {
  if (!/^[0-9]{1,16}$/.test(text)) throw new InvalidArgumentError('It must be a whole number in decimal digits.')
  return Number(text)
}

const isoTime = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** An ISO 8601 date (its first moment in UTC), or date and time with an offset; `new Date` alone would also take `foo 5`. */
export function date(text: string): Date {
  const [, day] = isoTime.exec(text) ?? []
  const [time, start] = [new Date(text), new Date(`${day}T00:00Z`)]
  // `new Date` takes 30 February for a day of March, and 0003-22-29 for one of 2029.
  const isDay = day !== undefined && ![time, start].some((date) => Number.isNaN(date.getTime())) && start.toISOString().startsWith(day)
  if (!isDay) throw new InvalidArgumentError('It must be a date such as 2027-01-31 or 2027-01-31T12:00:00Z.')
  return time
}

/** `--meta NAME=VALUE`, repeatable, each name once. */
export function metaFlag(): Option {
  return new Option('--meta <name=value>', 'free data, readable by everyone; repeatable').argParser(
    (text: string, previous: ReadonlyMap<string, string> | undefined) => {
      const end = text.indexOf('=')
      if (end < 1) throw new InvalidArgumentError('It must have the form name=value.')
      const name = text.slice(0, end)
      if (previous?.has(name) === true) throw new InvalidArgumentError('Its name is given twice.')
      return new Map([...(previous ?? []), [name, text.slice(end + 1)]])
    },
  )
}
