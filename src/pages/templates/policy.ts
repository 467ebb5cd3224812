/**
 * Content-Security-Policy of the pages of templates. Theirs are scripts, styles, pictures and forms of any origin; what
 * they do not contain stays forbidden. `texts` are the templates and the markup of the operator.
 */
export function toTemplatePolicy(texts: readonly string[]): string {
  const text = texts.join('\n')
  const has = (pattern: RegExp): boolean => pattern.test(text)
  const directives = [
    "frame-ancestors 'none'",
    has(/<base\b/i) ? '' : "base-uri 'none'",
    has(/<(?:object|embed)\b/i) ? '' : "object-src 'none'",
    has(/<script\b|[\s"'/]on[a-z]+\s*=|javascript:|\bsrcdoc\b/i) ? '' : "script-src 'none'",
  ]
  return directives.filter((directive) => directive !== '').join('; ')
}
