/**
 * A host name that cannot leave this machine, as URLs have it (lower case, IPv6 in brackets): `localhost` and the names
 * below it (RFC 6761 §6.3), 127.0.0.0/8 and ::1. Plain http to it is as private as https to others.
 */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:[^:/@]+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/u.test(hostname)
}
