import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HOST, type World } from '../contract-fixture.ts'

const MIB = 1024 * 1024
/** What the kernel's buffers of two connections hold, and some more; nothing else may hold any of it. */
const IN_FLIGHT = 40 * MIB

/** Nothing is gathered: what comes goes on, as fast as the slower side takes it. */
export function streams(world: World): void {
  describe('a stream', () => {
    it('a stream of events arrives piece by piece, and the app notices who leaves', async () => {
      const answer = await world.openAsAlice({ target: '/clock' })
      for await (const chunk of answer) {
        expect(String(chunk)).toMatch(/^data: tick/u)
        break
      }
      answer.destroy()
      await expect.poll(() => world.app.abandoned).toContain('/clock')
    })

    it('a stream waits for a client that reads slowly', async () => {
      const answer = await world.openAsAlice({ target: '/stubborn/drip' })
      answer.pause()
      await sleep(1000)
      const held = world.stubborn.dripped()
      expect(held).toBeLessThan(IN_FLIGHT)
      answer.resume()
      await expect.poll(() => world.stubborn.dripped(), { timeout: 10_000 }).toBeGreaterThan(held + IN_FLIGHT)
      answer.destroy()
      await expect.poll(() => world.stubborn.abandoned).toContain('drip')
    })

    it('a stream waits for an app that reads slowly', async () => {
      const upload = startUpload(world, '/stubborn/sip')
      await sleep(1000)
      const held = upload.sent()
      expect(held).toBeLessThan(IN_FLIGHT)
      world.stubborn.thirst()
      await expect.poll(upload.sent, { timeout: 10_000 }).toBeGreaterThan(held + IN_FLIGHT)
      expect(await upload.finish()).toEqual([200, String(upload.sent())])
      expect(world.stubborn.sipped()).toBe(upload.sent())
    })

    it('a stream that the app refuses is answered before it is over', async () => {
      // Where the connection is reset behind the answer, only a client that does not flood it gets to read that.
      const pauseMs = world.differs('Upload that the app refuses') ? 10 : 0
      const upload = startUpload(world, '/stubborn/early', pauseMs)
      expect(await upload.answer).toEqual([413, 'too large'])
      upload.stop()
    })

    it('a stream that breaks off is seen to break off', async () => {
      const answer = await world.openAsAlice({ target: '/stubborn/cut' })
      let text = ''
      const reading = (async () => {
        for await (const chunk of answer) text += chunk
      })()
      await expect(reading).rejects.toThrow()
      expect(text).toBe('beginning')
    })

    it('a stream that a client gave up before it began ends at the app too', async () => {
      const hung = () => world.stubborn.abandoned.filter((what) => what === 'hang').length
      const before = hung()
      const asking = request(world.gate.url, {
        path: '/stubborn/hang',
        setHost: false,
        headers: [...HOST, 'Cookie', world.cookie],
      })
      asking.on('error', () => undefined).end()
      await sleep(300)
      asking.destroy()
      await sleep(1000)
      // Where nobody tells, the time limit ends it.
      const soon = hung() > before
      expect(soon).toBe(!world.differs('Client that leaves early'))
      await expect.poll(hung, { timeout: 5000 }).toBeGreaterThan(before)
    })
  })
}

/** An upload without an end or a length, as fast as the gate takes it, or with pauses. */
function startUpload({ gate, cookie }: World, path: string, pauseMs = 0) {
  const piece = Buffer.alloc(64 * 1024, 'u')
  const headers = [...HOST, 'Cookie', cookie, 'Transfer-Encoding', 'chunked']
  const sending = request(gate.url, { method: 'POST', path, setHost: false, headers })
  let sent = 0
  let over = false
  const pour = (): void => {
    while (!over && !sending.destroyed) {
      sent += piece.length
      const more = sending.write(piece)
      if (pauseMs > 0) return void setTimeout(pour, pauseMs)
      if (more) continue
      sending.once('drain', pour)
      return
    }
  }
  sending.on('error', () => undefined)
  const answer = new Promise<[number, string]>((resolve) => {
    sending.on('response', async (response) => {
      // Whoever has an answer stops sending; a server may reset a connection that goes on.
      over = true
      let text = ''
      for await (const chunk of response) text += chunk
      resolve([response.statusCode ?? 0, text])
    })
  })
  pour()
  return {
    answer,
    /** What was handed to the socket, less what waits in this process. */
    sent: () => (over ? sent : sent - sending.writableLength),
    finish: () => {
      over = true
      sending.end()
      return answer
    },
    stop: () => {
      over = true
      sending.destroy()
    },
  }
}
