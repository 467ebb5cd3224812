import type { ProviderContext } from '../../context.ts'
import { createProviderClient } from '../../http/client.ts'
import type { Graph } from './graph.ts'

/** Graph of each cloud of Microsoft, by the host that people sign in at. */
const GRAPHS: Readonly<Record<string, string>> = {
  'login.microsoftonline.us': 'https://graph.microsoft.us',
  'login.partner.microsoftonline.cn': 'https://microsoftgraph.chinacloudapi.cn',
}

/** Makes the loader of Graph beside an issuer: loaded at the first question, since few deployments ask any. */
export function createLoadGraph(
  issuer: string,
  { platform }: Pick<ProviderContext, 'platform'>,
): () => Promise<Graph> {
  let graph: Graph | undefined
  return async () => {
    if (graph !== undefined) return graph
    const { createGraph } = await import('./graph.ts')
    graph ??= createGraph(createProviderClient({ platform, operatorUrls: [issuer] }), graphOf(issuer))
    return graph
  }
}

/** Origin of Graph beside an issuer. */
export function graphOf(issuer: string): string {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : ''
  return GRAPHS[host] ?? 'https://graph.microsoft.com'
}
