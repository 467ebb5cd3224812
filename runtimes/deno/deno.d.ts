/** The part of Deno's own interface that this program uses; all the rest is Node's, which Deno has as well. */
declare namespace Deno {
  /** What stands after the script on the command line. */
  const args: readonly string[]

  const env: {
    get(name: string): string | undefined
    /** Needs the permission to read all variables. */
    toObject(): Record<string, string>
  }

  const stdout: { readonly writable: WritableStream<Uint8Array> }

  const permissions: {
    /** Asks without asking the person at the terminal. */
    querySync(what: PermissionDescriptor): { readonly state: 'granted' | 'prompt' | 'denied' }
  }

  type PermissionDescriptor =
    | { readonly name: 'net'; readonly host: string }
    | { readonly name: 'read' | 'write'; readonly path: string }
    | { readonly name: 'env'; readonly variable?: string }
}
