-- Asks the gate about a request, with the HTTP client that HAProxy brings since 2.5. Goes to /etc/haproxy/sidegate.lua.

-- What the judgement depends on, and what the log shows.
local ASKED_WITH = { "cookie", "authorization", "user-agent", "origin", "access-control-request-method" }
-- What the app gets to know. A header that the gate did not set is absent: the frontend has deleted the client's.
local TOLD = { "x-auth-request-user", "x-auth-request-email", "x-auth-request-preferred-username", "x-auth-request-groups" }

local function question(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["host"] = { txn.sf:req_hdr("host") },
    ["x-real-ip"] = { txn.sf:src() },
    ["x-forwarded-for"] = { txn.sf:src() },
    ["x-forwarded-proto"] = { txn.sf:ssl_fc() == 1 and "https" or "http" },
    ["x-forwarded-method"] = { txn.sf:method() },
    ["x-forwarded-uri"] = { txn.sf:pathq() },
  }
  for _, name in ipairs(ASKED_WITH) do
    if sent[name] then
      headers[name] = { sent[name][0] }
      -- HTTP/2 clients may send their cookies in several lines; in HTTP/1 they are one list.
      for at = 1, #sent[name] do
        headers[name][1] = headers[name][1] .. (name == "cookie" and "; " or ", ") .. sent[name][at]
      end
    end
  end
  return headers
end

-- http-request lua.sidegate http://127.0.0.1:4180: sets txn.sidegate_signed_in when the request may pass.
core.register_action("sidegate", { "http-req" }, function(txn, gate)
  local answer = core.httpclient():get { url = gate .. "/oauth2/auth", headers = question(txn), timeout = 5000 }
  txn:set_var("txn.sidegate_signed_in", answer ~= nil and answer.status == 202)
  if answer == nil or answer.status ~= 202 then return end
  for _, name in ipairs(TOLD) do
    if answer.headers[name] then txn.http:req_set_header(name, answer.headers[name][0]) end
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
