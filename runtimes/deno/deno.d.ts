/** Part of Deno's own interface that this program uses; all the rest is Node's, which Deno has as well. */
declare namespace Deno {
  /** Arguments after the script on the command line. */
  const args: readonly string[]

  const env: {
    get(name: string): string | undefined
    /** Returns all variables; needs the permission to read all of them. */
    toObject(): Record<string, string>
  }

  const stdout: { readonly writable: WritableStream<Uint8Array> }
  const stderr: { readonly writable: WritableStream<Uint8Array> }

  const permissions: {
    /** Returns the state of a permission without asking the person at the terminal. */
    querySync(what: PermissionDescriptor): { readonly state: 'granted' | 'prompt' | 'denied' }
  }

  type PermissionDescriptor =
    | { readonly name: 'net'; readonly host: string }
    | { readonly name: 'read' | 'write'; readonly path: string }
    | { readonly name: 'sys'; readonly kind: string }
    | { readonly name: 'env'; readonly variable?: string }
}
