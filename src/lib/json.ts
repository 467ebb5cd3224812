/** Deepest nesting of JSON that is read; honest claims and metadata stay below ten. */
const MAX_DEPTH = 64

/**
 * Parses JSON of a peer (RFC 8259 §9 permits a limit on depth): undefined for what is not JSON or is nested too deeply.
 * The depth is counted before anything recursive sees the value.
 */
export function parseJson(text: string): unknown {
  if (isTooDeep(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** True for a JSON object, false for arrays and null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Brackets count outside of strings only; in text that is not JSON the count means nothing, and parsing fails. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === BACKSLASH && inString) at += 1
    else if (code === QUOTE) inString = !inString
    else if (inString) continue
    else if (code === BRACKET || code === BRACE) depth += 1
    else if (code === END_BRACKET || code === END_BRACE) depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

const QUOTE = 0x22
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const END_BRACKET = 0x5d
const BRACE = 0x7b
const END_BRACE = 0x7d
