import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { enterAtProvider, LOCAL_USER, targetSeenByApp, useStack } from './browser-fixture.ts'

/** Scripts, handlers and styles of every kind, as templates of people have them. */
const SIGN_IN = `<!doctype html>
<html lang="en"><title>Own sign-in</title>
<link rel="stylesheet" href="{{.ProxyPrefix}}/static/css/bulma.min.css">
<style>h1 { color: rgb(1, 2, 3) }</style>
<h1 style="margin-left: 7px">Own sign-in</h1>
<form method="GET" action="{{.ProxyPrefix}}/start">
<input type="hidden" name="rd" value="{{.Redirect}}">
<button class="button is-primary">Sign in with {{.ProviderName}}</button>
</form>
{{if .CustomLogin}}<form method="POST" action="{{.ProxyPrefix}}/sign_in">
<input type="hidden" name="rd" value="{{.Redirect}}">
<label>User <input name="username"></label> <label>Password <input name="password" type="password"></label>
<button>Go</button></form>{{end}}
{{if eq .StatusCode 400 401}}<p id="alert" onclick="this.remove()">Wrong</p>{{end}}
<p id="seen"></p>
<script>
document.getElementById('seen').textContent = {{.Redirect}}
if (location.hash) for (const field of document.getElementsByName('rd')) field.value += location.hash
</script></html>`

const folder = mkdtempSync(join(tmpdir(), 'templates-'))
writeFileSync(join(folder, 'sign_in.html'), SIGN_IN)
afterAll(() => rmSync(folder, { recursive: true }))

const stack = useStack([`--custom-templates-dir=${folder}`])

test('a page from a template runs its scripts and styles, and its form signs in', async () => {
  const page = await (await stack.visitor()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy/u.test(message.text())) complaints.push(message.text())
  })
  await page.goto(stack.url('/notes?q="<b>"#part'))
  expect(await page.locator('#seen').textContent()).toContain('/notes?q=')
  const style = await page.locator('h1').evaluate((heading) => {
    const { color, marginLeft } = getComputedStyle(heading)
    return [color, marginLeft]
  })
  expect(style).toEqual(['rgb(1, 2, 3)', '7px'])
  const button = page.getByRole('button', { name: 'Sign in with' })
  expect(await button.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe(
    'rgb(10, 125, 108)',
  )
  await button.click()
  await enterAtProvider(page)
  expect(await targetSeenByApp(page)).toContain('/notes?q=')
  expect(new URL(page.url()).hash).toBe('#part')
  expect(complaints).toEqual([])
})

test('the password form of a template tells a wrong password and signs in', async () => {
  const page = await (await stack.visitor()).newPage()
  await page.goto(stack.url('/'))
  for (const password of ['wrong', LOCAL_USER.password]) {
    await page.getByLabel('User').fill(LOCAL_USER.name)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Go' }).click()
    if (password !== 'wrong') continue
    await page.locator('#alert').click()
    expect(await page.locator('#alert').count()).toBe(0)
  }
  expect(await targetSeenByApp(page)).toBe('/')
})
