/**
 * Stands for bcryptjs in a Worker's bundle, where it would be the largest file: local users come from a file, so their
 * setting is refused here and this is never called.
 */
export function compare(): Promise<boolean> {
  throw new Error('A Worker has no htpasswd file to compare a password with.')
}
