-- Asks the gate about a request, with the HTTP client that HAProxy brings since 2.5. Goes to /etc/haproxy/sidegate.lua.

-- What the judgement depends on, and what the log shows. The frontend has set the first five over what the client said.
local ASKED_WITH = {
  "host", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
  "cookie", "authorization", "user-agent", "accept", "origin", "x-requested-with",
  "access-control-request-method", "purpose", "x-moz",
  "sec-fetch-mode", "sec-fetch-dest", "sec-fetch-site", "sec-fetch-user", "sec-purpose",
}
-- What the app gets to know. The gate's yes names all of them, empty where there is nothing to say.
local TOLD = {
  "x-forwarded-user", "x-forwarded-email", "x-forwarded-groups", "x-forwarded-preferred-username",
  "x-forwarded-access-token",
  "x-auth-request-user", "x-auth-request-email", "x-auth-request-groups", "x-auth-request-preferred-username",
  "x-auth-request-access-token",
}

-- Several lines of one name are one list; cookies are joined as HTTP/1 does, HTTP/2 clients may split them.
local function joined(name, lines)
  local value = lines[0]
  for at = 1, #lines do
    value = value .. (name == "cookie" and "; " or ", ") .. lines[at]
  end
  return value
end

local function question(txn)
  local sent = txn.http:req_get_headers()
  local headers = { ["x-forwarded-method"] = { txn.sf:method() }, ["x-forwarded-uri"] = { txn.sf:pathq() } }
  for _, name in ipairs(ASKED_WITH) do
    if sent[name] then headers[name] = { joined(name, sent[name]) } end
  end
  return headers
end

-- http-request lua.sidegate http://127.0.0.1:4180: sets txn.sidegate_signed_in when the request may pass.
core.register_action("sidegate", { "http-req" }, function(txn, gate)
  local answer = core.httpclient():get { url = gate .. "/oauth2/auth", headers = question(txn), timeout = 5000 }
  txn:set_var("txn.sidegate_signed_in", answer ~= nil and answer.status == 202)
  if answer == nil or answer.status ~= 202 then return end
  for _, name in ipairs(TOLD) do
    txn.http:req_set_header(name, answer.headers[name] and answer.headers[name][0] or "")
  end
  txn:set_priv(answer.headers["set-cookie"])
end, 1)

-- http-response lua.sidegate_cookies: every line of a session that was renewed goes to the browser.
core.register_action("sidegate_cookies", { "http-res" }, function(txn)
  local cookies = txn:get_priv()
  if cookies == nil then return end
  for at = 0, #cookies do
    if cookies[at] then txn.http:res_add_header("set-cookie", cookies[at]) end
  end
end)
