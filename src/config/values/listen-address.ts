import { failed, ok, type Result } from '../../result.ts'

/** One address to listen on. */
export type ListenAddress =
  /** An empty host is every interface; IPv6 addresses stand without brackets. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string; readonly mode: number | undefined }
  | { readonly kind: 'fd'; readonly fd: number }

/** Parses `[http://]host:port`, with `https://` or `tcp://` as well, `unix:///path[,mode=0660]` or `fd:N`. An empty host is every interface. */
export function parseListenAddress(text: string): Result<ListenAddress, string> {
  if (text.startsWith('unix:')) return parseUnix(text)
  const [, fd] = /^fd:(\d{1,5})$/iu.exec(text) ?? []
  if (fd !== undefined) {
    return Number(fd) >= 3 ? ok({ kind: 'fd', fd: Number(fd) }) : failed('give fd:3 or more')
  }
  const [, v6, host = '', port = ''] =
    /^(?:(?:https?|tcp[46]?):\/\/)?(?:\[([\da-fA-F:.]+)\]|([\w.-]*)):(\d+)$/u.exec(text) ?? []
  if (port === '') return failed('give host:port, unix:///path or fd:N')
  if (Number(port) > 65_535) return failed('give a port from 0 to 65535')
  return ok({ kind: 'tcp', host: v6 ?? host, port: Number(port) })
}

function parseUnix(text: string): Result<ListenAddress, string> {
  const [, path, mode] = /^unix:(?:\/\/)?(\/(?!\/)[^,]*)(?:,mode=(0?[0-7]{3}))?$/u.exec(text) ?? []
  if (path === undefined) return failed('give unix:///path, with ,mode=0660 behind it if need be')
  return ok({ kind: 'unix', path, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) })
}
