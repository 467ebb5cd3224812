import type { Share } from '../../../../src/platform.ts'

/** Shares of holders in a resource that is bounded. */
export interface Shares {
  /** True when one more fits what this holder, and everyone who is not signed in together, may hold. */
  admits(share: Share): boolean
  take(share: Share): void
  give(share: Share): void
}

/** Most that one person, one network, and all requests without a session may hold. */
export interface ShareLimits {
  readonly person: number
  readonly network: number
  readonly anonymous: number
}

/**
 * Shares of `total`. Behind one address there may be an office or a careless gateway, so a network gets more than a
 * person; half of everything is only for people who are signed in.
 */
export function sharesOf(total: number): ShareLimits {
  const part = (divisor: number): number => Math.max(1, Math.floor(total / divisor))
  return { person: part(8), network: part(4), anonymous: part(2) }
}

/** Number of holders up to which those that hold nothing are not looked for. */
const FORGET_ABOVE = 1024

/**
 * Creates the count. Holders that hold nothing are forgotten, but not one by one: most come back at once, and a Map with
 * so many additions and deletions is rebuilt all the time.
 */
export function createShares(limits: ShareLimits): Shares {
  const held = new Map<string, number>()
  let forgetAbove = FORGET_ABOVE
  let anonymous = 0

  function forget(): void {
    for (const [holder, count] of held) if (count === 0) held.delete(holder)
    forgetAbove = Math.max(FORGET_ABOVE, 2 * held.size)
  }

  function add(share: Share, count: number): void {
    if (share.anonymous) anonymous += count
    if (share.holder === undefined) return
    held.set(share.holder, (held.get(share.holder) ?? 0) + count)
    if (held.size > forgetAbove) forget()
  }

  return {
    admits: (share) =>
      (!share.anonymous || anonymous < limits.anonymous) &&
      (share.holder === undefined ||
        (held.get(share.holder) ?? 0) < (share.anonymous ? limits.network : limits.person)),
    take: (share) => add(share, 1),
    give: (share) => add(share, -1),
  }
}
