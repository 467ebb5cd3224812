import { SMALL_POD } from '../doors/pod.ts'
import type { Door } from '../doors/target.ts'
import { createPod } from '../harness/cgroup.ts'
import { short } from '../harness/numbers.ts'
import type { World } from './scene.ts'

/** A gate under a memory limit, and what became of it. */
export interface PodGate {
  readonly gate: Door
  /** Ends it and says whether it lived within its limit; throws when the kernel had to kill it. */
  leave(): Promise<string>
}

/** Starts a gate in control groups with the memory of a small pod, where the machine lets us make them. */
export async function enterPod({ gates }: World, upstreamPort: number): Promise<PodGate> {
  const { memoryMiB } = SMALL_POD
  const pod = createPod({ memoryMiB })
  const gate = await gates.start({ upstreamPort, accessLog: '/dev/null', pod })
  return {
    gate,
    async leave() {
      const [peak, kills] = [pod?.peakMiB(), pod?.kills()]
      await gate.stop()
      pod?.remove()
      if (kills !== undefined && kills > 0) throw new Error(`The kernel killed the gate at ${memoryMiB} MiB`)
      return peak === undefined
        ? 'no cgroup here'
        : `lives in ${memoryMiB} MiB, of which ${short(peak)} were charged`
    },
  }
}
