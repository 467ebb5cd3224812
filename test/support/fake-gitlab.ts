import { createFakeServer, type FakeServer, json } from './fake-server.ts'

/** A fake API of GitLab for projects (https://docs.gitlab.com/api/projects/), as the person may see them. */
export function createFakeGitlabApi(origin: string): FakeServer<'project'> {
  const { server, route } = createFakeServer(origin, ['project'])
  const projects: Record<string, object> = {
    'acme/app': {
      archived: false,
      permissions: { project_access: { access_level: 30 }, group_access: null },
    },
    'acme/group': {
      archived: false,
      permissions: { project_access: null, group_access: { access_level: 20 } },
    },
    'acme/old': { archived: true, permissions: { project_access: { access_level: 40 }, group_access: null } },
    'acme/public': { archived: false, permissions: { project_access: null, group_access: null } },
  }
  route('project', 'get', '/projects/:id', (request, { id }) => {
    if (!request.headers.get('authorization')?.startsWith('Bearer ')) return json(401, {})
    const found = projects[decodeURIComponent(id ?? '')]
    return found === undefined ? json(404, { message: '404 Project Not Found' }) : json(200, found)
  })
  return server
}
