import * as v from 'valibot'
import { ok, type Result } from '../../../result.ts'
import { type ProviderClient, readJson } from '../../http/client.ts'
import { parseSchema } from '../../http/schemas.ts'
import type { RequiredProject } from './gitlab.ts'

const Access = v.nullish(v.object({ access_level: v.number() }))

/** `GET /api/v4/projects/:id` (https://docs.gitlab.com/api/projects/), as far as it is read. */
const Project = v.object({
  archived: v.optional(v.boolean(), false),
  permissions: v.nullish(v.object({ project_access: Access, group_access: Access })),
})

interface ProjectsDeps {
  readonly http: ProviderClient
  readonly api: string
  readonly projects: readonly RequiredProject[]
}

/** Paths of the projects that the person has the required access to. */
export async function readOpenProjects(
  { http, api, projects }: ProjectsDeps,
  token: string,
): Promise<Result<readonly string[]>> {
  const levels = await Promise.all(projects.map(({ path }) => readLevel(http, { api, path, token })))
  const trouble = levels.find((level) => !level.ok)
  if (trouble?.ok === false) return trouble
  const open = projects.filter(({ level }, at) => {
    const found = levels[at]
    return found?.ok === true && found.value >= level
  })
  return ok(open.map(({ path }) => path))
}

/** Access level of the person, 0 for a project that is archived or that they cannot see. */
async function readLevel(
  http: ProviderClient,
  { api, path, token }: { readonly api: string; readonly path: string; readonly token: string },
): Promise<Result<number>> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await http.request(`${api}/projects/${encodeURIComponent(path)}`, {
    endpoint: 'project',
    headers,
  })
  if (!response.ok) return response
  if (response.value.status === 403 || response.value.status === 404) return ok(0)
  const json = readJson(response.value)
  const project = json.ok ? parseSchema(Project, json.value) : json
  if (!project.ok) return project
  const { archived, permissions } = project.value
  if (archived) return ok(0)
  return ok(permissions?.project_access?.access_level ?? permissions?.group_access?.access_level ?? 0)
}
