import { type ChunkedDecoder, createChunkedDecoder } from './chunked.ts'
import { type Flaw, findFlaw } from './head-flaw.ts'
import { mayBecomeHead, type ResponseHead, readResponseHead } from './response-head.ts'

/** Listener for the responses on a connection. */
export interface ResponseSink {
  /** Called with a 1xx before the response, 101 excepted. */
  onInterim(head: ResponseHead): void
  /** Called with the final head. */
  onHead(head: ResponseHead): void
  /** Called with a 101: from `rest` on the bytes belong to the other protocol, and the parser is done for good. */
  onSwitch(head: ResponseHead, rest: Buffer): void
  /** Called with content; `last` when its announced length is reached. */
  onContent(bytes: Buffer, last: boolean): void
  /** Called when the response is complete; `clean` when nothing stands after it. */
  onEnd(clean: boolean): void
  /** Called when the bytes are not HTTP; the connection is of no more use. */
  onBroken(flaw: Flaw): void
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')
const LARGEST_HEAD = 64 * 1024
const MOST_INTERIM = 16

/** A strict parser of the responses on one connection; bytes in, calls to its sink out, no socket of its own. */
export class ResponseParser {
  readonly #sink: ResponseSink
  readonly #onChunk: (bytes: Buffer) => void
  #method = ''
  #state: 'idle' | 'head' | 'length' | 'chunked' | 'close' | 'over' = 'idle'
  /** An incomplete head. */
  #pending: Buffer | undefined
  /** Content bytes still to come. */
  #left = 0
  #interims = 0
  #decode: ChunkedDecoder | undefined

  constructor(sink: ResponseSink) {
    this.#sink = sink
    this.#onChunk = (bytes) => sink.onContent(bytes, false)
  }

  /** Expects a response to a request with this method. */
  begin(method: string): void {
    this.#method = method
    this.#interims = 0
    this.#pending = undefined
    this.#state = 'head'
  }

  /** Parses the bytes that have arrived. */
  push(bytes: Buffer): void {
    if (this.#state === 'head') this.#pushHead(bytes)
    else if (this.#state === 'length') this.#pushLength(bytes)
    else if (this.#state === 'chunked') this.#pushChunked(bytes)
    else if (this.#state === 'close') this.#sink.onContent(bytes, false)
    else if (this.#state === 'idle') this.#break({ why: 'unrequested bytes' })
  }

  /** Ends the input, since the upstream has closed its side: the end of some responses, too early for the others. */
  finish(): void {
    if (this.#state === 'close') this.#end(false)
    else if (this.#state !== 'over') this.#break({ why: 'closed too early' })
  }

  #pushHead(bytes: Buffer): void {
    const all = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes])
    const mark = all.indexOf(END_OF_HEAD)
    if (mark < 0 || mark > LARGEST_HEAD) {
      this.#pending = all
      if (all.length > LARGEST_HEAD) this.#break({ why: 'head too large' })
      else if (!mayBecomeHead(all.toString('latin1'))) this.#break(findFlaw(all.toString('latin1')))
      return
    }
    this.#pending = undefined
    const head = readResponseHead(all.toString('latin1', 0, mark), this.#method)
    if ('why' in head) this.#break(head)
    else this.#takeHead(head, all.subarray(mark + 4))
  }

  #takeHead(head: ResponseHead, rest: Buffer): void {
    if (head.status === 101) {
      this.#state = 'over'
      this.#sink.onSwitch(head, rest)
    } else if (head.status < 200) {
      this.#interims += 1
      if (this.#interims > MOST_INTERIM) this.#break({ why: 'too many interim responses' })
      else {
        this.#sink.onInterim(head)
        if (rest.length > 0) this.#pushHead(rest)
      }
    } else this.#takeFinalHead(head, rest)
  }

  #takeFinalHead(head: ResponseHead, rest: Buffer): void {
    const { framing } = head
    const isEmpty = framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)
    if (framing.kind === 'length') this.#left = framing.length
    if (framing.kind === 'chunked') this.#decode = createChunkedDecoder()
    this.#state = framing.kind === 'none' ? 'idle' : framing.kind
    this.#sink.onHead(head)
    if (isEmpty) this.#end(rest.length === 0)
    else if (rest.length > 0) this.push(rest)
  }

  #pushLength(bytes: Buffer): void {
    const extra = bytes.length - this.#left
    const content = extra > 0 ? bytes.subarray(0, this.#left) : bytes
    this.#left -= content.length
    this.#sink.onContent(content, this.#left === 0)
    if (this.#left === 0) this.#end(extra <= 0)
  }

  #pushChunked(bytes: Buffer): void {
    const progress = this.#decode?.(bytes, this.#onChunk)
    if (progress?.kind === 'broken') this.#break({ why: 'malformed chunk' })
    if (progress?.kind === 'done') this.#end(progress.consumed === bytes.length)
  }

  #end(clean: boolean): void {
    this.#state = 'idle'
    this.#decode = undefined
    this.#sink.onEnd(clean)
  }

  #break(flaw: Flaw): void {
    this.#state = 'over'
    this.#sink.onBroken(flaw)
  }
}
