/**
 * Fields of one CSV record (RFC 4180 §2), which is how a list flag is written: commas separate, a field that starts
 * with a double quote ends with one and may contain commas. Undefined when the quotes do not fit.
 */
export function parseCsvRecord(record: string): string[] | undefined {
  if (record === '') return []
  const fields: string[] = []
  let rest = record
  for (;;) {
    const [whole, quoted, plain = ''] = /^(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/su.exec(rest) ?? []
    if (whole === undefined) return undefined
    fields.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (whole.length === rest.length) return fields
    rest = rest.slice(whole.length + 1)
  }
}
