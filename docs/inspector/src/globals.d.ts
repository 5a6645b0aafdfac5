/** What tools/inspector.mjs puts in: the rows of docs/errors.md as plain text, by code. */
declare const ERROR_ROWS: Readonly<Record<string, { readonly happened: string; readonly who: string; readonly advice: string }>>
