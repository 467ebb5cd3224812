/** Paths of the endpoints below the prefix: exact, for the endpoint table, for links and for checks. */
export interface OwnPaths {
  /** `/oauth2`, without a slash at the end. */
  readonly prefix: string
  readonly signIn: string
  readonly start: string
  /** Redirect URI that providers share; that of one provider alone is below it, `/oauth2/callback/ID`. */
  readonly callback: string
  readonly signOut: string
  /** Return target of the provider's sign-out. */
  readonly signedOut: string
  /** Page at which a sign-in in another tab ends. */
  readonly signedIn: string
  readonly auth: string
  readonly userinfo: string
  readonly session: string
  readonly sessionRefresh: string
  readonly backchannelLogout: string
  readonly fragmentScript: string
  /** Style sheets that templates of oauth2-proxy link to. */
  readonly bulmaStyles: string
  readonly iconStyles: string
}

/** Returns the paths below one prefix, with the names that oauth2-proxy gave them where it has them. */
export function toOwnPaths(prefix: string): OwnPaths {
  return {
    prefix,
    signIn: `${prefix}/sign_in`,
    start: `${prefix}/start`,
    callback: `${prefix}/callback`,
    signOut: `${prefix}/sign_out`,
    signedOut: `${prefix}/signed_out`,
    signedIn: `${prefix}/signed_in`,
    auth: `${prefix}/auth`,
    userinfo: `${prefix}/userinfo`,
    session: `${prefix}/session`,
    sessionRefresh: `${prefix}/session/refresh`,
    backchannelLogout: `${prefix}/backchannel_logout`,
    fragmentScript: `${prefix}/static/fragment.js`,
    bulmaStyles: `${prefix}/static/css/bulma.min.css`,
    iconStyles: `${prefix}/static/css/all.min.css`,
  }
}

/**
 * True when a path is the prefix itself or below it: such a path belongs to Sidegate, whether something is there or
 * not.
 */
export function isOwnPath({ prefix }: Pick<OwnPaths, 'prefix'>, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

/** True when an endpoint below the prefix answers at a path. */
export function isOwnEndpoint({ prefix }: Pick<OwnPaths, 'prefix'>, path: string): boolean {
  const paths = toOwnPaths(prefix)
  return (
    path !== prefix &&
    isOwnPath({ prefix }, path) &&
    (Object.values(paths).includes(path) || path.startsWith(`${paths.callback}/`))
  )
}
