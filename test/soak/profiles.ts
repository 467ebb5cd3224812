import type { Places } from './world/world.ts'

/** One way to set the gate up: its flags, on top of what the world needs. */
export type Profile = (places: Places) => readonly string[]

/** Configurations that the soak can run on. A further one is one line. */
export const PROFILES = {
  /** Sessions in cookies; Redis holds refreshes and sign-outs. */
  cookie: ({ redisUrl }) => [`--redis-connection-url=${redisUrl}`],
  /** One process that shares nothing. */
  alone: () => [],
} as const satisfies Readonly<Record<string, Profile>>
