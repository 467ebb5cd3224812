/** An OAuth error code (RFC 6749 §5.2) as the log may show it; one outside of the usual alphabet is only noted. */
export function toErrorCode(error: unknown): string {
  return typeof error === 'string' && /^[\w.-]{1,64}$/u.test(error) ? error : 'unreadable'
}
