import { Readable } from 'node:stream'
import type { ForwardPlan } from '../../../src/platform.ts'
import { problem } from '../../../src/problems.ts'
import { failed, ok, type Result } from '../../../src/result.ts'
import type { NodeRequest } from '../server/incoming-request.ts'
import { inviteContent } from './request-body.ts'

/** Limit on content that is held in memory for its signature. */
const MOST_HELD = 8 * 1024 * 1024

/**
 * Completes a plan whose head depends on the content: reads that to its end, and leaves it for the upload. Fails with
 * `body_too_large`, `request_timeout` when the client stops sending, and `client_gone`.
 */
export async function withContent(request: NodeRequest, plan: ForwardPlan): Promise<Result<ForwardPlan>> {
  const content = await readContent(request, plan.timeoutMs)
  if (!content.ok) return content
  request.held = Readable.from([content.value], { objectMode: false })
  return ok({ ...plan, headers: [...plan.headers, ...(plan.sign?.(content.value) ?? [])] })
}

function readContent({ incoming, outgoing }: NodeRequest, timeoutMs: number): Promise<Result<Buffer>> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    let timer: NodeJS.Timeout | undefined
    const settle = (result: Result<Buffer>): void => {
      clearTimeout(timer)
      incoming.off('data', onData).off('end', onEnd).off('close', onClose)
      resolve(result)
    }
    const wait = (): void => {
      clearTimeout(timer)
      if (timeoutMs === 0) return
      timer = setTimeout(() => settle(failed(problem('request_timeout', { why: 'body' }))), timeoutMs)
    }
    const onData = (bytes: Buffer): void => {
      size += bytes.length
      pieces.push(bytes)
      if (size > MOST_HELD) settle(failed(problem('body_too_large', { why: 'signature-key' })))
      else wait()
    }
    const onEnd = (): void => settle(ok(Buffer.concat(pieces)))
    const onClose = (): void => settle(failed(problem('client_gone')))
    wait()
    inviteContent(incoming, outgoing)
    incoming.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}
