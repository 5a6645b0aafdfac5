/** An error as Node's own calls throw it. */
export function systemError(code: string, message: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${message}, ${syscall} '${path}'`), { code, syscall, path })
}

/** The system's code of a failed call, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** Has the error of a failed call name the file at fault as the caller knows it: reading and writing name none, and temporary files are nobody's. */
export async function withPath<T>(path: string, call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw naming(path, error)
  })
}

/** The same of an error that was caught. */
export function naming(path: string, error: unknown): unknown {
  return error instanceof Error && systemCode(error) !== undefined ? Object.assign(error, { path }) : error
}
